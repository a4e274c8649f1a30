/// The Python program that connects a search to Optuna.
///
/// It reads a JSON object from each line of its standard input and answers each with a JSON object on a line of its
/// standard output. An answer with the key `error` says in one line what went wrong. The program ends when its input
/// ends; a trial that is under way then goes back into the study's queue.
enum OptunaScript {
  static let text = #"""
    import json, os, random, re, signal, sys, threading, time, warnings

    warnings.filterwarnings("ignore")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing but answers goes to the pipe, whatever libraries print.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    os.dup2(2, 1)


    class Refusal(Exception):
        """A request that cannot be done, with a kind that the search knows."""

        def __init__(self, kind, text=""):
            super().__init__(text)
            self.kind = kind


    def answer(value):
        answers.write(json.dumps(value, allow_nan=False) + "\n")
        answers.flush()


    def reason(error):
        """An error in one line: the driver's own words if there are any."""
        inner = getattr(error, "orig", None) or error.__cause__ or error
        inner = getattr(inner, "orig", None) or inner
        lines = [line.strip() for line in str(inner).splitlines() if line.strip()]
        text = lines[0] if lines else type(inner).__name__
        return re.sub(r"://([^:/@\s]*):[^@\s]*@", r"://\1:***@", text)[:300]


    class Search:
        def __init__(self):
            self.study = None
            self.trial = None
            self.beats = None

        # Opening

        def open(self, request):
            try:
                import optuna
            except Exception as error:
                missing = isinstance(error, ModuleNotFoundError) and error.name == "optuna"
                raise Refusal("optuna", "is not installed" if missing else "cannot be loaded: " + reason(error))
            self.optuna = optuna
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            self.state = optuna.trial.TrialState
            storages = optuna.storages
            self.retry_class = getattr(storages, "RetryHeartbeatStaleTrialCallback", None) or storages.RetryFailedTrialCallback
            name = "heartbeat_stale_trial_callback"
            if not hasattr(storages, "RetryHeartbeatStaleTrialCallback"):
                name = "failed_trial_callback"
            self.limit = request["trials"]
            self.beat_interval = request["heartbeat"]
            try:
                # Searches that begin at once may both want to make the tables; the later one then finds them.
                for tries_left in (4, 3, 2, 1, 0):
                    try:
                        self.connect(request, **{name: self.retry(request["retries"])})
                        break
                    except Exception as error:
                        text = str(error).lower()
                        if tries_left == 0 or not ("already exists" in text or "duplicate" in text or "unique" in text):
                            raise
                        time.sleep(random.uniform(0.2, 1))
            except Refusal:
                raise
            except ModuleNotFoundError as error:
                raise Refusal("package", str(error.name))
            except Exception as error:
                # Optuna wraps the error of a missing driver.
                name = re.fullmatch(r"No module named '(\w+)'", reason(error))
                raise Refusal("package", name[1]) if name else Refusal("storage", reason(error))
            return {"study": self.study.study_name, "version": optuna.__version__}

        def connect(self, request, **callback):
            self.storage = self.optuna.storages.RDBStorage(
                self.address(request["storage"]),
                engine_kwargs=self.engine(request["storage"]),
                heartbeat_interval=self.beat_interval,
                grace_period=2 * self.beat_interval,
                **callback,
            )
            if request["create"]:
                self.create(request)
            else:
                self.load(request)

        def retry(self, limit=None):
            return self.retry_class(max_retry=limit, inherit_intermediate_values=True)

        def address(self, address):
            # This is the driver that make setup-search installs.
            for prefix in ("postgresql://", "postgres://"):
                if address.startswith(prefix):
                    return "postgresql+psycopg://" + address[len(prefix):]
            return address

        def engine(self, address):
            if address.startswith("sqlite"):
                return {"connect_args": {"timeout": 60}}
            if address.startswith("postgres"):
                return {"connect_args": {"connect_timeout": 10}, "pool_pre_ping": True}
            return {"pool_pre_ping": True}

        def create(self, request):
            self.study = self.optuna.create_study(
                storage=self.storage,
                study_name=request["study"],
                direction=request["direction"],
                sampler=self.sampler(request["sampler"], request.get("seed")),
                pruner=self.pruner(request["pruner"], request["resource"]),
                load_if_exists=True,
            )
            wanted = request["attributes"]
            found = self.study.user_attrs
            if not any(key in found for key in wanted) and not self.study.get_trials(deepcopy=False):
                for key, value in wanted.items():
                    self.study.set_user_attr(key, value)
                found = self.study.user_attrs
            for key, value in wanted.items():
                if found.get(key) != value:
                    raise Refusal("differs", key)

        def load(self, request):
            names = self.optuna.get_all_study_names(self.storage)
            name = request.get("study")
            if name is None and len(names) == 1:
                name = names[0]
            if name not in names:
                raise Refusal("study", ", ".join(sorted(names)[:20]))
            self.study = self.optuna.load_study(study_name=name, storage=self.storage)

        def sampler(self, name, seed):
            samplers = self.optuna.samplers
            if name == "tpe":
                return samplers.TPESampler(seed=seed, constant_liar=True)
            if name == "random":
                return samplers.RandomSampler(seed=seed)
            if name == "cmaes":
                self.need("cmaes")
                return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
            self.need("torch")
            self.need("scipy")
            return samplers.GPSampler(seed=seed)

        def need(self, package):
            try:
                __import__(package)
            except ModuleNotFoundError:
                raise Refusal("package", package)

        def pruner(self, name, resource):
            pruners = self.optuna.pruners
            if name == "median":
                return pruners.MedianPruner()
            if name == "hyperband":
                return pruners.HyperbandPruner(min_resource=1, max_resource=resource)
            return pruners.NopPruner()

        # Trials

        def ask(self, request):
            if self.trial is not None:
                raise Refusal("order", "a trial is under way already")
            self.optuna.storages.fail_stale_trials(self.study)
            trials = self.study.get_trials(deepcopy=False)
            # A retry counts as the trial that it repeats.
            begun = sum("failed_trial" not in trial.system_attrs for trial in trials)
            waiting = any(trial.state == self.state.WAITING for trial in trials)
            if begun >= self.limit and not waiting:
                return {"running": sum(trial.state == self.state.RUNNING for trial in trials)}
            self.trial = self.study.ask()
            self.begin_beats()
            frozen = self.storage.get_trial(self.trial._trial_id)
            return {"number": self.trial.number, "retried": frozen.system_attrs.get("failed_trial")}

        def begin_beats(self):
            trial_id, ended = self.trial._trial_id, threading.Event()

            def beat():
                while True:
                    try:
                        self.storage.record_heartbeat(trial_id)
                    except Exception:
                        pass  # the next beat may be luckier
                    if ended.wait(self.beat_interval):
                        return

            thread = threading.Thread(target=beat, daemon=True)
            thread.start()
            self.beats = (thread, ended)

        def end_beats(self):
            if self.beats is not None:
                self.beats[1].set()
                self.beats[0].join(10)
            self.beats = None

        def suggest(self, request):
            name, kind = request["name"], request["type"]
            if kind == "categorical":
                distribution = self.optuna.distributions.CategoricalDistribution(request["choices"])
                value = self.trial.suggest_categorical(name, request["choices"])
                return {"index": int(distribution.to_internal_repr(value))}
            suggest = self.trial.suggest_int if kind == "int" else self.trial.suggest_float
            step = request.get("step")
            if step is None and kind == "int":
                step = 1
            return {"value": suggest(name, request["low"], request["high"], step=step, log=request["log"])}

        def report(self, request):
            try:
                self.trial.report(request["value"], request["step"])
                return {"prune": bool(self.trial.should_prune())}
            except self.optuna.exceptions.UpdateFinishedTrialError:
                return {"prune": True}  # it was taken for dead and goes on elsewhere

        def tell(self, request):
            trial, self.trial = self.trial, None
            self.end_beats()
            wanted = {"complete": self.state.COMPLETE, "pruned": self.state.PRUNED}.get(request["state"], self.state.FAIL)
            try:
                for key, value in request["attributes"].items():
                    trial.set_user_attr(key, value)
            except self.optuna.exceptions.UpdateFinishedTrialError:
                pass
            value = request.get("value") if wanted == self.state.COMPLETE else None
            told = self.study.tell(trial, value, state=wanted, skip_if_finished=True)
            return {"counted": told.state == wanted}

        def abandon(self, request):
            trial, self.trial = self.trial, None
            self.end_beats()
            if trial is not None:
                told = self.study.tell(trial, state=self.state.FAIL, skip_if_finished=True)
                # If another search took it for dead, that one has queued it.
                others = self.study.get_trials(deepcopy=False)
                if not any(told.number in other.system_attrs.get("retry_history", []) for other in others):
                    self.retry()(self.study, told)
            return {}

        # Results

        def summary(self, request):
            trials = []
            for trial in self.study.get_trials(deepcopy=False):
                reported = [[step, value] for step, value in sorted(trial.intermediate_values.items()) if value == value]
                params = [[name, value] for name, value in sorted(trial.params.items())]
                value = trial.values[0] if trial.values else None
                if value is not None and (value != value or value in (float("inf"), float("-inf"))):
                    value = None
                trials.append({
                    "number": trial.number, "state": trial.state.name.lower(), "value": value,
                    "reports": len(reported), "retried": trial.system_attrs.get("failed_trial"),
                    "params": [{"name": name, "value": value} for name, value in params],
                })
            try:
                best = self.study.best_trial.number
            except ValueError:
                best = None
            try:
                importances = self.optuna.importance.get_param_importances(self.study)
                importances = [{"name": name, "share": share} for name, share in importances.items() if share == share]
            except Exception:
                importances = []  # too few trials, or all with one score
            return {
                "trials": trials, "best": best, "importances": importances,
                "attributes": {k: v for k, v in self.study.user_attrs.items() if isinstance(v, str)},
                "maximizes": self.study.direction == self.optuna.study.StudyDirection.MAXIMIZE,
            }


    def main():
        search = Search()
        operations = {
            name: getattr(search, name) for name in ("open", "ask", "suggest", "report", "tell", "abandon", "summary")
        }
        for line in sys.stdin.buffer:
            try:
                request = json.loads(line)
                answer(operations[request["op"]](request))
            except Refusal as refusal:
                answer({"error": str(refusal), "kind": refusal.kind})
            except Exception as error:
                answer({"error": reason(error) + " (" + type(error).__name__ + ")", "kind": "other"})
        try:
            search.abandon({})
        except Exception:
            pass  # the heartbeat, which ends with this process, tells the others
        os._exit(0)


    main()
    """#
}
