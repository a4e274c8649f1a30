// swift-format-ignore-file
// Made by scripts/configuration-reference from the documentation and the checks of the options; do not edit.

/// The meaning of each configuration key, by the name of its declaration.
enum OptionMeanings {
  static let texts: [String: String] = [
    "Basics.PixelType.float32":
      "Numbers as a file has them, whatever their type is there.",
    "Basics.PixelType.uint16":
      "Whole numbers of 16 bits.",
    "Basics.PixelType.uint8":
      "Whole numbers of 8 bits.",
    "SegmentationData.Affine":
      "These options scale, shear and move images about their middle (albumentations' `Affine` without rotation, which `rotation` adds).",
    "SegmentationData.Affine.probability":
      "The probability that an image is changed.",
    "SegmentationData.Affine.scale":
      "Images are resized by a random factor between these two, `[low, high]`, the same along both sides.",
    "SegmentationData.Affine.shear":
      "The largest shear along each side, in degrees.",
    "SegmentationData.Affine.translate":
      "The largest move along each side, as a part of the side.",
    "SegmentationData.AugmentationOptions":
      "These options set the random changes of training images, and the normalization of all images. The changes happen in this order: scale, random scale, affine change, rotation, perspective, padding, crop, flips, mosaic, copy-paste, color jitter, photometric distortion, blur, cut-out, normalization. Validation images are only scaled and normalized. A section that is null does nothing; `{}` turns it on with its defaults.",
    "SegmentationData.AugmentationOptions.affine":
      "Images are scaled, sheared and moved at random.",
    "SegmentationData.AugmentationOptions.blur":
      "Images are blurred at random.",
    "SegmentationData.AugmentationOptions.brightness":
      "The brightness is multiplied by a random factor from 1 - this to 1 + this.",
    "SegmentationData.AugmentationOptions.contrast":
      "The contrast is multiplied by a random factor from 1 - this to 1 + this.",
    "SegmentationData.AugmentationOptions.copyPaste":
      "Pixels of rare classes are pasted from other samples.",
    "SegmentationData.AugmentationOptions.crop":
      "Crops in which one class fills too much are drawn again.",
    "SegmentationData.AugmentationOptions.cropSize":
      "The size of training images in pixels, `HEIGHTxWIDTH` or `[HEIGHT, WIDTH]`. Smaller images are padded, larger ones are cropped at a random place.",
    "SegmentationData.AugmentationOptions.cutout":
      "Rectangles of images are covered at random.",
    "SegmentationData.AugmentationOptions.horizontalFlip":
      "The probability that an image is mirrored from left to right.",
    "SegmentationData.AugmentationOptions.hue":
      "The largest random shift of the hue, as a part of the color circle.",
    "SegmentationData.AugmentationOptions.jitterProbability":
      "The probability that brightness, contrast, saturation and hue of an image are changed.",
    "SegmentationData.AugmentationOptions.mean":
      "The mean of each channel on the scale 0 to 1 (`data.pixel_type`), which is subtracted from all images. For RGB, choose the values that the weights of the backbone were trained with.",
    "SegmentationData.AugmentationOptions.mosaic":
      "Four samples are put together to one image.",
    "SegmentationData.AugmentationOptions.padding":
      "The content of the pixels that are added outside an image.",
    "SegmentationData.AugmentationOptions.perspective":
      "Images are distorted as if they were seen from another side.",
    "SegmentationData.AugmentationOptions.photometric":
      "Colors are changed as mmsegmentation does it.",
    "SegmentationData.AugmentationOptions.rotation":
      "Images are turned at random.",
    "SegmentationData.AugmentationOptions.saturation":
      "The saturation is multiplied by a random factor from 1 - this to 1 + this.",
    "SegmentationData.AugmentationOptions.scale":
      "All images are resized by this factor. Validation masks keep their size.",
    "SegmentationData.AugmentationOptions.scaleProbability":
      "The probability that a training image is resized at random.",
    "SegmentationData.AugmentationOptions.scaleRange":
      "Training images are resized by a random factor from 1 + low to 1 + high; this is `[low, high]`. `[-0.5, 1]` gives factors from 0.5 to 2.",
    "SegmentationData.AugmentationOptions.std":
      "The standard deviation of each channel on the scale 0 to 1 (`data.pixel_type`), by which all images are divided after the mean is subtracted.",
    "SegmentationData.AugmentationOptions.verticalFlip":
      "The probability that an image is mirrored from top to bottom.",
    "SegmentationData.CopyPaste":
      "These options paste the pixels of rare classes of another sample, with their labels (Ghiasi et al., https://arxiv.org/abs/2012.07177). The other sample is scaled, turned and cropped in a way of its own.",
    "SegmentationData.CopyPaste.classes":
      "The names of the classes that are pasted. If the list is empty, the rarest classes are pasted.",
    "SegmentationData.CopyPaste.probability":
      "The probability that something is pasted into an image.",
    "SegmentationData.CopyPaste.rarest":
      "The number of rarest classes that are pasted if `classes` is empty: those with the fewest pixels of all that occur in the training images.",
    "SegmentationData.CropChoice":
      "These options refuse crops in which one class fills too much (mmsegmentation's `cat_max_ratio`), so that crops of nothing but road are rare.",
    "SegmentationData.CropChoice.categoryShare":
      "The largest share of a crop's labelled pixels that one class may have.",
    "SegmentationData.CropChoice.tries":
      "The number of crops that are tried. The last one is taken whatever it shows.",
    "SegmentationData.CutOut":
      "These options cover rectangles of images with gray (mmsegmentation's `RandomCutOut`, albumentations' `CoarseDropout`), so that a network learns to label by what is left.",
    "SegmentationData.CutOut.Labels.ignored":
      "Covered pixels are ignored, since what cannot be seen cannot be learned from.",
    "SegmentationData.CutOut.Labels.kept":
      "Covered pixels keep their labels, as in mmsegmentation, which makes the network guess from what is around.",
    "SegmentationData.CutOut.count":
      "The largest number of rectangles. Each number from 1 on is equally likely.",
    "SegmentationData.CutOut.labels":
      "The labels below the rectangles.",
    "SegmentationData.CutOut.probability":
      "The probability that an image gets rectangles.",
    "SegmentationData.CutOut.size":
      "The sides of a rectangle are drawn between these two, `[low, high]`, as parts of the image's sides.",
    "SegmentationData.DataOptions":
      "These options choose the data set and how it is loaded.",
    "SegmentationData.DataOptions.CacheKind.disk":
      "Decoded images and masks are kept in files in `data.cache_folder`.",
    "SegmentationData.DataOptions.CacheKind.off":
      "Nothing is kept: images and masks are decoded each time.",
    "SegmentationData.DataOptions.allowSharedFiles":
      "Whether a run may use the same image for training and for validation.",
    "SegmentationData.DataOptions.cache":
      "The place where decoded images and masks are kept, so that each is decoded once. `disk` helps if decoding is slower than the network.",
    "SegmentationData.DataOptions.cacheFolder":
      "The folder for decoded images and counts of classes, which several runs may share. If this is null, it is the folder in `RTSEG_CACHE`, or `rtseg` in `XDG_CACHE_HOME`, or `~/.cache/rtseg`.",
    "SegmentationData.DataOptions.cacheGigabytes":
      "The space that decoded images and masks may take up together, in gigabytes. A full cache keeps what it has.",
    "SegmentationData.DataOptions.channels":
      "The number of channels of images. Files must have it, also alpha counts; only with 3 channels of type `uint8` do gray, palettes, CMYK and 16 bits become RGB, and alpha is left out. Pages of a TIFF file with one channel each are channels.",
    "SegmentationData.DataOptions.dataset":
      "The data set: a name such as `cityscapes` or `ade20k` (`rtseg data` lists them), the path of a card (a .yaml file that names classes and folders), or the annotations of another tool, such as `coco:street`.",
    "SegmentationData.DataOptions.exifOrientation":
      "The treatment of the orientation (EXIF) that cameras note in image files.",
    "SegmentationData.DataOptions.pixelType":
      "The type of images' values, which tells the scale of `augmentation.mean` and `augmentation.std`: 0 to 1 for `uint8` and `uint16`, and the values of the files for `float32`, which reads every type.",
    "SegmentationData.DataOptions.prefetch":
      "The number of batches that are prepared ahead.",
    "SegmentationData.DataOptions.rareClassSampling":
      "Images with rare classes are taken more often. If this is null, each image is taken once per epoch; `{}` turns it on with its defaults.",
    "SegmentationData.DataOptions.root":
      "The data set's folder. It replaces the folder that a card names, or the path of annotations.",
    "SegmentationData.DataOptions.skipBadFiles":
      "Whether training files that cannot be read are left out and listed in `log.txt` and `manifest.json`. If this is false, such a file ends the run.",
    "SegmentationData.DataOptions.skipBadValidationFiles":
      "Whether validation files that cannot be read are left out too. The scores are then those of a smaller set.",
    "SegmentationData.DataOptions.validationShare":
      "The share of the training images that is kept for validation, for a data set without a split `val`. If this is null, the data set's own split is used.",
    "SegmentationData.DataOptions.workers":
      "The number of threads that load images. With 0, the thread that trains loads them. The number does not change the result.",
    "SegmentationData.GaussianBlur":
      "These options blur images with a Gaussian bell (OpenCV's and albumentations' `GaussianBlur`).",
    "SegmentationData.GaussianBlur.probability":
      "The probability that an image is blurred.",
    "SegmentationData.GaussianBlur.sigma":
      "The standard deviation of the bell is drawn between these two, `[low, high]`, in pixels.",
    "SegmentationData.Mosaic":
      "These options put four samples together (mmsegmentation's `RandomMosaic`, Ultralytics' `mosaic`). Two lines divide the training image, and each quarter is scaled, turned and cropped as an image of its own.",
    "SegmentationData.Mosaic.center":
      "The two lines cross at a random place between these two, `[low, high]`, as a part of each side.",
    "SegmentationData.Mosaic.probability":
      "The probability that an image becomes a mosaic.",
    "SegmentationData.Perspective":
      "These options show images from another side (albumentations' `Perspective`). Four places inside the image become the corners of its frame, so that nothing from outside comes into it.",
    "SegmentationData.Perspective.probability":
      "The probability that an image is changed.",
    "SegmentationData.Perspective.strength":
      "The largest distance of the four places from the corners along each side, as a part of the side.",
    "SegmentationData.PhotometricDistortion":
      "These options change colors as mmsegmentation's `PhotoMetricDistortion` does. Brightness, contrast, saturation and hue change independently of each other; contrast comes before or after the changes of saturation and hue. Values are cut off to integers after each step, as there.",
    "SegmentationData.PhotometricDistortion.brightness":
      "The largest amount that is added to all values or subtracted from them, on the scale 0 to 255.",
    "SegmentationData.PhotometricDistortion.contrast":
      "All values are multiplied by a random factor between these two, `[low, high]`.",
    "SegmentationData.PhotometricDistortion.hue":
      "The largest turn of the hue, in steps of two degrees.",
    "SegmentationData.PhotometricDistortion.probability":
      "The probability of each of the four changes.",
    "SegmentationData.PhotometricDistortion.saturation":
      "The saturation is multiplied by a random factor between these two, `[low, high]`.",
    "SegmentationData.RareClassSampling":
      "These options take images with rare classes more often (DAFormer's rare class sampling, https://arxiv.org/abs/2111.14887). A class is drawn for each image, the rarer the likelier, and then an image that shows it. An epoch has as many images as without it.",
    "SegmentationData.RareClassSampling.minimumPixels":
      "The number of pixels of a class that an image needs to count as one that shows it. If no image has as many, all images with some of them count.",
    "SegmentationData.RareClassSampling.temperature":
      "The smaller this number, the more the rarest classes are preferred. The likelihood of a class is proportional to exp((1 - share) / temperature), in which the share is that of all labelled pixels.",
    "SegmentationData.Rotation":
      "These options turn images about their middle (albumentations' `Rotate`). The image keeps its size, and its corners leave the frame.",
    "SegmentationData.Rotation.degrees":
      "The largest angle to either side, in degrees.",
    "SegmentationData.Rotation.probability":
      "The probability that an image is turned.",
    "SegmentationImage.ExifOrientation.apply":
      "Images are turned upright, as viewers show them.",
    "SegmentationImage.ExifOrientation.ignore":
      "Pixels are taken as they are stored: for data sets whose masks were drawn on the stored pixels.",
    "SegmentationImage.Padding.constant":
      "One color in images, and one label in masks.",
    "SegmentationImage.Padding.reflect":
      "The image itself, mirrored at its border without repeating the outermost pixels (OpenCV's `BORDER_REFLECT_101`).",
    "SegmentationModels.InferenceProtocol.Blend.gaussian":
      "A bell curve in both directions, with an eighth of the tile's side as its standard deviation, at least 0.001: the middle of a tile, which sees most of the surroundings, counts most. It is MONAI's Gaussian importance map.",
    "SegmentationModels.InferenceProtocol.Blend.uniform":
      "All pixels of a tile count alike.",
    "SegmentationTraining.AbsentClasses.skip":
      "The mean leaves them out.",
    "SegmentationTraining.AbsentClasses.zero":
      "They count as 0, as in `JaccardIndex` of torchmetrics.",
    "SegmentationTraining.AveragedClasses.all":
      "The loss averages over all classes. A class without labelled pixels counts by the pixels that are wrongly given to it.",
    "SegmentationTraining.AveragedClasses.present":
      "The loss averages over the classes that have labelled pixels.",
    "SegmentationTraining.AveragingOptions":
      "These options keep an average of the weights over the steps (EMA), which validation and `best.pth` then use.",
    "SegmentationTraining.AveragingOptions.Ramp.exponential":
      "The decay at a step is `decay` times `1 - exp(-step / ramp_steps)`. The average follows the network closely at first.",
    "SegmentationTraining.AveragingOptions.Ramp.linear":
      "The decay at a step is the step's number divided by the number of all steps, as in the PyTorch reference. The average is a copy of the network at first and hardly moves at the end.",
    "SegmentationTraining.AveragingOptions.decay":
      "The share of the average that is kept at each step after the ramp; the rest comes from the network. The ramp `linear` does not use it.",
    "SegmentationTraining.AveragingOptions.enabled":
      "Whether an average of the weights is kept, scored and written into `best.pth`.",
    "SegmentationTraining.AveragingOptions.ramp":
      "The way in which the decay rises at the start of a run.",
    "SegmentationTraining.AveragingOptions.rampSteps":
      "The ramp `exponential` takes about this many steps.",
    "SegmentationTraining.BinaryCrossEntropyOptions":
      "The loss `bce` is the binary cross entropy of one score per pixel. It is for data sets of two classes with `model.single_score`.",
    "SegmentationTraining.BinaryCrossEntropyOptions.labelSmoothing":
      "The share of each label that is given to the other class.",
    "SegmentationTraining.BinaryCrossEntropyOptions.positiveWeight":
      "Pixels of class 1 are weighted by this number. Choose a number above 1 if they are rare.",
    "SegmentationTraining.BoundaryHeadOptions":
      "These options set the losses that go with the boundary head of PIDNet, which learns where the labels change.",
    "SegmentationTraining.BoundaryHeadOptions.classCoefficient":
      "The losses of the class scores count once more at the pixels that the boundary head takes for boundaries, multiplied by this number.",
    "SegmentationTraining.BoundaryHeadOptions.coefficient":
      "The loss of the boundary head is multiplied by this number.",
    "SegmentationTraining.BoundaryHeadOptions.threshold":
      "The boundary head takes a pixel for a boundary if its probability is above this number.",
    "SegmentationTraining.BoundaryHeadOptions.width":
      "The width of a boundary in pixels.",
    "SegmentationTraining.BoundaryOptions":
      "The loss `boundary` weights probabilities by their distance from the labels' boundaries, in pixels. It pulls boundaries into place. It needs another loss beside it, and a small coefficient such as 0.01 at first.",
    "SegmentationTraining.CrossEntropyOptions":
      "The loss `ce` is the cross entropy of all labelled pixels.",
    "SegmentationTraining.CrossEntropyOptions.Average.all":
      "The number of all pixels, as the authors of PIDNet and mmsegmentation have it.",
    "SegmentationTraining.CrossEntropyOptions.Average.labelled":
      "The number of labelled pixels, or the sum of their classes' weights, as in PyTorch.",
    "SegmentationTraining.CrossEntropyOptions.average":
      "The number by which the sum over pixels is divided.",
    "SegmentationTraining.CrossEntropyOptions.labelSmoothing":
      "The share of each label that is spread over all classes.",
    "SegmentationTraining.DetailOptions":
      "These options set the loss of STDC's detail head, which learns where the labels have edges.",
    "SegmentationTraining.DetailOptions.Form.probabilities":
      "Probabilities are compared. Edges that touch ignored pixels do not count.",
    "SegmentationTraining.DetailOptions.Form.scores":
      "The scores themselves are compared, and edges of ignored pixels count too, as in the PyTorch reference. The loss can fall below 0.",
    "SegmentationTraining.DetailOptions.coefficient":
      "The loss of the detail head is multiplied by this number.",
    "SegmentationTraining.DetailOptions.crossEntropyCoefficient":
      "The binary cross entropy of the loss is multiplied by this number.",
    "SegmentationTraining.DetailOptions.diceCoefficient":
      "The Dice term of the loss is multiplied by this number.",
    "SegmentationTraining.DetailOptions.form":
      "The numbers that the Dice term compares with the edges.",
    "SegmentationTraining.DetailOptions.scaleWeights":
      "Three numbers that join the edges at full, half and quarter size. The authors of STDC chose `[0.6, 0.3, 0.1]`. If this is null, the network's own numbers are used, which are random and never trained, as in the PyTorch reference.",
    "SegmentationTraining.DetailOptions.threshold":
      "A pixel is an edge if the joined Laplacian of the labels is above this number.",
    "SegmentationTraining.DiceOptions":
      "The loss `dice` is 1 minus the Dice coefficient of probabilities and labels.",
    "SegmentationTraining.DiceOptions.classes":
      "The classes that the loss averages over.",
    "SegmentationTraining.DiceOptions.perImage":
      "Whether each image has a coefficient of its own. If this is false, the pixels of the whole batch make one.",
    "SegmentationTraining.DiceOptions.smooth":
      "This number is added to the numerator and to the denominator, so that the quotient is defined for classes without pixels.",
    "SegmentationTraining.DistillationLoss.Reduction.batch":
      "The sum is divided by the number of images (PyTorch's `reduction=\"batchmean\"`).",
    "SegmentationTraining.DistillationLoss.Reduction.elements":
      "The sum is divided by the number of all scores of all pixels, as in the PyTorch reference (PyTorch's `reduction=\"mean\"`).",
    "SegmentationTraining.DistillationLoss.Reduction.pixels":
      "The sum is divided by the number of pixels, which gives the mean of their divergences.",
    "SegmentationTraining.DistillationLoss.channelWise":
      "Channel-wise distillation: each channel becomes a distribution over the pixels, softened by the temperature. The Kullback–Leibler divergences of these distributions are averaged over images and channels and multiplied by temperature². Shu et al. 2021, https://arxiv.org/abs/2011.13256",
    "SegmentationTraining.DistillationLoss.klDivergence":
      "The Kullback–Leibler divergence of the teacher's class probabilities from the student's, both softened by the temperature, times temperature². Hinton et al. 2015, https://arxiv.org/abs/1503.02531",
    "SegmentationTraining.DistillationLoss.meanSquaredError":
      "The mean squared difference.",
    "SegmentationTraining.DistillationOptions":
      "These options let the network learn from a larger, trained one: the teacher.",
    "SegmentationTraining.DistillationOptions.Comparison.alignment":
      "SCTNet's authors train it so, with a SegFormer as its teacher (`smp-segformer-mit_b2`, for example) and `kind: cwd`. The maps at 1/16 and 1/32 of the size are compared, and the features and scores that the teacher's own decoder makes of the joined maps of both. Three 1x1 convolutions, which are trained too, give the student's maps the teacher's channels. The scores' difference counts once and the others five times each: with `coefficient: 3` these are the authors' weights 3, 15, 15 and 15. Xu et al. 2023, https://arxiv.org/abs/2312.17071",
    "SegmentationTraining.DistillationOptions.Comparison.features":
      "The inputs of the two classifiers are compared. A 1x1 convolution, which is trained too, gives the student's as many channels as the teacher's have.",
    "SegmentationTraining.DistillationOptions.Comparison.logits":
      "The class scores are compared.",
    "SegmentationTraining.DistillationOptions.checkpoint":
      "The teacher's weights: a file, an address or a name such as `ddrnet-23slim@cityscapes`.",
    "SegmentationTraining.DistillationOptions.coefficient":
      "The loss is multiplied by this number before it is added to the loss of the labels.",
    "SegmentationTraining.DistillationOptions.compare":
      "The maps that the loss compares.",
    "SegmentationTraining.DistillationOptions.kind":
      "The loss that measures the difference from the teacher.",
    "SegmentationTraining.DistillationOptions.reduction":
      "The way in which the Kullback–Leibler divergence is averaged.",
    "SegmentationTraining.DistillationOptions.teacher":
      "The name of the teacher (`rtseg models` lists networks), such as `smp-deeplabv3p-resnet101`. If this is null, the network learns from the labels alone.",
    "SegmentationTraining.DistillationOptions.temperature":
      "Scores are divided by this number before they become probabilities. Larger numbers make the teacher's second and third choices count more.",
    "SegmentationTraining.DistillationOptions.unlabelledPixels":
      "Whether pixels without a label count too, as in the PyTorch reference.",
    "SegmentationTraining.FocalOptions":
      "The loss `focal` is the cross entropy with little weight for pixels that are right already.",
    "SegmentationTraining.FocalOptions.Form.sigmoid":
      "Each class is set against all others, with one binary cross entropy per class, averaged over the classes.",
    "SegmentationTraining.FocalOptions.Form.softmax":
      "The classes exclude each other, with one cross entropy over all of them.",
    "SegmentationTraining.FocalOptions.alpha":
      "The weight of pixels in the class; pixels outside it have the weight 1 - alpha. Both weigh the same if this is null. It is for the form `sigmoid` and for one score per pixel; `objective.class_weights` weights classes.",
    "SegmentationTraining.FocalOptions.form":
      "The way in which the scores of several classes become probabilities.",
    "SegmentationTraining.FocalOptions.gamma":
      "The exponent of (1 - probability). 0 gives the cross entropy.",
    "SegmentationTraining.LoggingOptions":
      "These options set how a run reports its progress.",
    "SegmentationTraining.LoggingOptions.images":
      "The number of validation images that TensorBoard shows after each validation, with their labels and the network's predictions.",
    "SegmentationTraining.LoggingOptions.interval":
      "The number of seconds between two lines of progress in `log.txt`, and in the output if it is not a terminal.",
    "SegmentationTraining.LoggingOptions.mlflow":
      "The address of an MLflow server that receives the run, such as `http://localhost:5000`. If this is null, no server receives it.",
    "SegmentationTraining.LoggingOptions.mlflowExperiment":
      "The name of the MLflow experiment that the run belongs to. The experiment is made if it does not exist.",
    "SegmentationTraining.LoggingOptions.stepInterval":
      "The loss of every n-th step goes into `metrics.jsonl` and to MLflow; this is n. If it is null or 0, only the means of whole epochs are written.",
    "SegmentationTraining.LoggingOptions.tensorboard":
      "Whether the run writes event files for TensorBoard.",
    "SegmentationTraining.LoggingOptions.tensorboardFolder":
      "The folder for TensorBoard's event files. If this is null, it is the folder `tensorboard` inside the run's folder.",
    "SegmentationTraining.LovaszOptions":
      "The loss `lovasz` is the Lovász extension of the Jaccard index: Lovász-softmax, or the Lovász hinge for one score per pixel.",
    "SegmentationTraining.LovaszOptions.classes":
      "The classes that the loss averages over.",
    "SegmentationTraining.LovaszOptions.perImage":
      "Whether each image has an index of its own. If this is false, the pixels of the whole batch make one.",
    "SegmentationTraining.ModelOptions":
      "These options choose the network and the weights that it starts from.",
    "SegmentationTraining.ModelOptions.auxiliary":
      "Whether auxiliary heads are trained too. If this is null, they are trained if the network's authors did so. The trained network does not use them.",
    "SegmentationTraining.ModelOptions.backboneWeights":
      "Published weights of the backbone or encoder, which a new run starts from: a file, an address or a name such as `imagenet`.",
    "SegmentationTraining.ModelOptions.custom":
      "Whether the network is a program's own and not in the catalogue. Only that program can train it and go on with its run; `Trainer(model:dataset:options:)` sets this.",
    "SegmentationTraining.ModelOptions.decoder":
      "The decoder of an smp network: deeplabv3, deeplabv3p, fpn, linknet, manet, pan, pspnet, unet or unetpp.",
    "SegmentationTraining.ModelOptions.detail":
      "Whether the detail head of an STDC network is trained too. The trained network does not use it.",
    "SegmentationTraining.ModelOptions.encoder":
      "The encoder of an smp network, such as resnet18. `rtseg models --family encoder-decoder` lists them.",
    "SegmentationTraining.ModelOptions.frozen":
      "Patterns of parameters that keep the values they start with, such as `[\"backbone.*\"]`. In a pattern, `*` stands for any characters and `?` for one.",
    "SegmentationTraining.ModelOptions.frozenStatistics":
      "Patterns of batch normalizations whose running statistics stay as they are and are used in training too, such as `[\"*\"]` for all. This helps with batches of few images.",
    "SegmentationTraining.ModelOptions.initial":
      "A checkpoint whose weights a new run starts from, as far as they fit by name and shape: a file, an address or a name such as `fastscnn@cityscapes`.",
    "SegmentationTraining.ModelOptions.name":
      "The name of a network (`rtseg models` lists them), or `smp` for a network that `model.decoder` and `model.encoder` make up.",
    "SegmentationTraining.ModelOptions.singleScore":
      "Whether the network gives one score per pixel instead of two, for a data set of two classes. A pixel belongs to the second class if its score is above 0.",
    "SegmentationTraining.ModelOptions.syncBatchNorm":
      "Whether batch normalizations compute their statistics over the images of all processes. If this is null, they do so if several processes train on GPUs.",
    "SegmentationTraining.OHEMOptions":
      "The loss `ohem` is the cross entropy of the hard pixels alone (online hard example mining).",
    "SegmentationTraining.OHEMOptions.Hardness.loss":
      "The loss of the pixel, with the weight of its class, as in the PyTorch reference.",
    "SegmentationTraining.OHEMOptions.Hardness.probability":
      "The probability of the pixel's class alone, as HRNet's authors have it, and PIDNet's and mmsegmentation after them.",
    "SegmentationTraining.OHEMOptions.hardness":
      "The number that tells how hard a pixel is. It makes a difference if classes have weights.",
    "SegmentationTraining.OHEMOptions.minimumPixels":
      "At least so many labelled pixels of a batch count, the hardest first. If this is null, `minimum_share` tells how many.",
    "SegmentationTraining.OHEMOptions.minimumShare":
      "At least this share of the labelled pixels counts, the hardest first.",
    "SegmentationTraining.OHEMOptions.threshold":
      "A pixel is hard if the probability of its class is below this number.",
    "SegmentationTraining.ObjectiveOptions":
      "These options choose the losses that training minimizes.",
    "SegmentationTraining.ObjectiveOptions.auxiliaryCoefficients":
      "The loss of each auxiliary head is multiplied by its number in this list. The last number also serves the heads after it.",
    "SegmentationTraining.ObjectiveOptions.auxiliaryTerms":
      "The losses of the auxiliary heads, as in `terms`. If there are none, the auxiliary heads have the losses of `terms`.",
    "SegmentationTraining.ObjectiveOptions.boundaryHead":
      "The losses that go with the boundary head of PIDNet.",
    "SegmentationTraining.ObjectiveOptions.classWeights":
      "The weight of each class in the losses ce, ohem, dice, tversky and focal. It is computed from the training images (median, enet or inverse_sqrt), or given as a list with one number per class. All classes weigh the same if this is null.",
    "SegmentationTraining.ObjectiveOptions.detail":
      "The loss of the detail head of STDC networks.",
    "SegmentationTraining.ObjectiveOptions.terms":
      "The losses of the class scores, which are added up. Each is a name (ce, ohem, dice, focal, lovasz, tversky, boundary or bce) or a name with options, such as `{loss: dice, coefficient: 0.5, smooth: 1}`.",
    "SegmentationTraining.OptimizerOptions":
      "These options set how the weights follow their gradients.",
    "SegmentationTraining.OptimizerOptions.Kind.adam":
      "Adam with weight decay added to the gradients.",
    "SegmentationTraining.OptimizerOptions.Kind.adamw":
      "Adam with weight decay apart from the gradients.",
    "SegmentationTraining.OptimizerOptions.Kind.sgd":
      "Stochastic gradient descent with momentum.",
    "SegmentationTraining.OptimizerOptions.beta2":
      "The second beta of Adam. SGD does not use it.",
    "SegmentationTraining.OptimizerOptions.clipNorm":
      "The largest total norm of the gradients. Larger gradients are scaled down to it. Gradients are never scaled down if this is null.",
    "SegmentationTraining.OptimizerOptions.decayBiases":
      "Whether biases are decayed too.",
    "SegmentationTraining.OptimizerOptions.decayNorms":
      "Whether the parameters of normalization layers are decayed too.",
    "SegmentationTraining.OptimizerOptions.kind":
      "The optimizer.",
    "SegmentationTraining.OptimizerOptions.layerDecay":
      "The learning rate of each layer of the backbone or encoder is the rate of the next layer times this number, so that the first layers of a pretrained network change least. All layers have one rate if this is null.",
    "SegmentationTraining.OptimizerOptions.learningRate":
      "The highest learning rate of the schedule. `rtseg train --find-learning-rate` proposes one.",
    "SegmentationTraining.OptimizerOptions.momentum":
      "The momentum of SGD, or the first beta of Adam.",
    "SegmentationTraining.OptimizerOptions.nesterov":
      "Whether SGD uses Nesterov's momentum.",
    "SegmentationTraining.OptimizerOptions.rules":
      "Other learning rates and weight decays for the parameters that a pattern names, such as `{pattern: \"backbone.*\", learning_rate_factor: 0.1}`. If several rules match, their factors are multiplied.",
    "SegmentationTraining.OptimizerOptions.scaleLearningRate":
      "The number of images per step that `learning_rate` is meant for. The rate is multiplied by the images of a step (`batch_size` times `accumulation`) and divided by this number. The rate stays as it is if this is null.",
    "SegmentationTraining.OptimizerOptions.weightDecay":
      "The weight decay, which pulls the weights towards 0.",
    "SegmentationTraining.ParameterRule":
      "A rule gives the parameters that a pattern names another learning rate or weight decay.",
    "SegmentationTraining.ParameterRule.learningRateFactor":
      "The learning rate of these parameters is multiplied by this number.",
    "SegmentationTraining.ParameterRule.pattern":
      "The names of the parameters, such as `backbone.*` or `*.bias`. `*` stands for any characters and `?` for one.",
    "SegmentationTraining.ParameterRule.weightDecayFactor":
      "The weight decay of these parameters is multiplied by this number.",
    "SegmentationTraining.ScheduleOptions":
      "These options set how the learning rate changes during a run.",
    "SegmentationTraining.ScheduleOptions.cycleMomentum":
      "Whether the policies `cosine` and `linear` move the momentum from 0.95 down to 0.85 and back, as PyTorch's OneCycleLR does. If this is false, it stays at `optimizer.momentum`.",
    "SegmentationTraining.ScheduleOptions.gamma":
      "The policy `step` multiplies the learning rate by this number each time.",
    "SegmentationTraining.ScheduleOptions.policy":
      "The course of the learning rate after the warm-up.",
    "SegmentationTraining.ScheduleOptions.power":
      "The exponent of the policy `polynomial`.",
    "SegmentationTraining.ScheduleOptions.stepEpochs":
      "The policy `step` lowers the learning rate each time this number of epochs has passed.",
    "SegmentationTraining.ScheduleOptions.warmupEpochs":
      "The number of epochs in which the learning rate rises to its highest value. Fractions such as 0.5 are allowed. The warm-up never takes more than half of the run.",
    "SegmentationTraining.StoppingOptions":
      "These options end a run before its last epoch.",
    "SegmentationTraining.StoppingOptions.hours":
      "The run stops and saves after this many hours of training in all. `rtseg train --resume` with a larger number goes on. There is no limit if this is null.",
    "SegmentationTraining.StoppingOptions.minimumImprovement":
      "A score counts as better only if it is better by more than this, on the scale 0 to 1.",
    "SegmentationTraining.StoppingOptions.patience":
      "The run ends after this many validations in a row without a better score. It does not if this is null.",
    "SegmentationTraining.TrainingOptions.Checkpoints.all":
      "Both are written: `last.pth`, from which an interrupted run goes on, and `best.pth`, the weights with the best score.",
    "SegmentationTraining.TrainingOptions.Checkpoints.best":
      "Only `best.pth` is written. An interrupted run cannot go on.",
    "SegmentationTraining.TrainingOptions.Checkpoints.last":
      "Only `last.pth` is written.",
    "SegmentationTraining.TrainingOptions.Checkpoints.none":
      "No checkpoint is written. This is for trials such as those of a search.",
    "SegmentationTraining.TrainingOptions.accumulation":
      "The number of batches whose gradients are averaged before the weights change. A step then has `batch_size` times this many images, in the memory of one batch.",
    "SegmentationTraining.TrainingOptions.amp":
      "Mixed precision: operations that gain from it compute in 16 bits, which saves time and memory on GPUs. The weights stay in float32. `off` means float32.",
    "SegmentationTraining.TrainingOptions.augmentation":
      "The random changes of training images, and the normalization of all images.",
    "SegmentationTraining.TrainingOptions.averaging":
      "An average of the weights over the steps.",
    "SegmentationTraining.TrainingOptions.batchSize":
      "The number of images per batch, over all processes together. Larger batches use a GPU better and need more memory.",
    "SegmentationTraining.TrainingOptions.checkpoints":
      "The checkpoints that a run writes into its folder.",
    "SegmentationTraining.TrainingOptions.continueFrom":
      "The path of a `last.pth` that the PyTorch reference project wrote. The run goes on with it from the epoch where it stopped. Leave it null to start a run of its own.",
    "SegmentationTraining.TrainingOptions.data":
      "The data set and how it is loaded.",
    "SegmentationTraining.TrainingOptions.device":
      "The device that computes: `cpu`, `cuda`, `cuda:1` (the second GPU) or `mps`. With `auto` it is the first accelerator, or the CPU if there is none.",
    "SegmentationTraining.TrainingOptions.distillation":
      "Learning from a larger, trained network.",
    "SegmentationTraining.TrainingOptions.epochs":
      "The number of epochs. The network sees every training image once per epoch.",
    "SegmentationTraining.TrainingOptions.logging":
      "The progress lines, TensorBoard and MLflow.",
    "SegmentationTraining.TrainingOptions.maximumSkippedSteps":
      "A step whose loss or gradients are not finite is skipped. The run gives up after this many such steps in a row.",
    "SegmentationTraining.TrainingOptions.model":
      "The network and the weights that it starts from.",
    "SegmentationTraining.TrainingOptions.objective":
      "The losses that training minimizes.",
    "SegmentationTraining.TrainingOptions.optimizer":
      "The optimizer, the learning rate and the weight decay.",
    "SegmentationTraining.TrainingOptions.output":
      "The run writes its checkpoints, logs and curves into this folder. The folder is made if it does not exist.",
    "SegmentationTraining.TrainingOptions.schedule":
      "The way in which the learning rate changes during a run.",
    "SegmentationTraining.TrainingOptions.seed":
      "The random numbers of a run (first weights, order of the images, augmentation) follow from this number. Another seed gives another run of the same options.",
    "SegmentationTraining.TrainingOptions.stopping":
      "Reasons to end a run before its last epoch.",
    "SegmentationTraining.TrainingOptions.threads":
      "The number of CPU threads per operation. All cores are used if this is null.",
    "SegmentationTraining.TrainingOptions.validation":
      "The scoring of the network on the validation images.",
    "SegmentationTraining.TverskyOptions":
      "The loss `tversky` is like `dice`, with one weight for each of the two kinds of mistakes.",
    "SegmentationTraining.TverskyOptions.alpha":
      "The weight of pixels that are wrongly given to a class.",
    "SegmentationTraining.TverskyOptions.beta":
      "The weight of pixels of a class that are missed.",
    "SegmentationTraining.TverskyOptions.classes":
      "The classes that the loss averages over.",
    "SegmentationTraining.TverskyOptions.gamma":
      "The exponent of each class's loss. 1 is the plain loss, and 0.75 the focal Tversky loss of its authors.",
    "SegmentationTraining.TverskyOptions.perImage":
      "Whether each image has an index of its own. If this is false, the pixels of the whole batch make one.",
    "SegmentationTraining.TverskyOptions.smooth":
      "This number is added to the numerator and to the denominator, so that the quotient is defined for classes without pixels.",
    "SegmentationTraining.ValidationOptions":
      "These options set how and when a run scores the network on the validation images.",
    "SegmentationTraining.ValidationOptions.absentClasses":
      "The way in which means over the classes treat classes without labelled pixels.",
    "SegmentationTraining.ValidationOptions.batchSize":
      "The number of images per step. More than 1 only helps if images have one size.",
    "SegmentationTraining.ValidationOptions.beginEpoch":
      "The first epoch that is validated, counted from 1.",
    "SegmentationTraining.ValidationOptions.blend":
      "The weight of each pixel of a tile where tiles overlap.",
    "SegmentationTraining.ValidationOptions.enabled":
      "Whether the network is scored at all. Set it to false for data without validation images: no `best.pth` is written then, and `last.pth` is the result.",
    "SegmentationTraining.ValidationOptions.flip":
      "Whether each image is also labelled mirrored from left to right, and the probabilities of both are averaged.",
    "SegmentationTraining.ValidationOptions.interval":
      "The number of epochs from one validation to the next. The last epoch is always validated.",
    "SegmentationTraining.ValidationOptions.metrics":
      "Metrics to compute besides those of the confusion matrix: boundary_iou and calibration_error. They take more time.",
    "SegmentationTraining.ValidationOptions.monitor":
      "The score that decides which epoch's weights become `best.pth`, such as mean_iou, mean_dice or boundary_iou.",
    "SegmentationTraining.ValidationOptions.overlap":
      "The share of a tile's side that neighbouring tiles have in common.",
    "SegmentationTraining.ValidationOptions.scales":
      "The factors by which images are resized before the network sees them. With several, the probabilities are averaged, which scores better and takes longer.",
    "SegmentationTraining.ValidationOptions.tile":
      "The size of overlapping tiles in which images are labelled, `HEIGHTxWIDTH` in pixels. If this is null, the network sees each image as a whole.",
    "Torch.LearningRateSchedule.Policy.constant":
      "After a linear warm-up, the rate stays the same.",
    "Torch.LearningRateSchedule.Policy.cosine":
      "The rate rises and falls along cosines (PyTorch's OneCycleLR).",
    "Torch.LearningRateSchedule.Policy.linear":
      "The rate rises and falls along straight lines.",
    "Torch.LearningRateSchedule.Policy.polynomial":
      "After a linear warm-up, the rate is the highest one times (1 - step / steps) to a power.",
    "Torch.LearningRateSchedule.Policy.step":
      "After a linear warm-up, the rate is multiplied by a factor each time a number of steps has passed.",
    "Torch.Precision.bfloat16":
      "16 bits with the range of float32 and 8 bits of accuracy.",
    "Torch.Precision.float16":
      "16 bits with a small range and 11 bits of accuracy, for GPUs.",
    "Torch.Precision.float32":
      "32 bits: the type in which weights are stored and trained.",
  ]

  /// The range of each key that has one, by its name.
  static let ranges: [String: String] = [
    "accumulation":
      "1 to 65536",
    "augmentation.affine.probability":
      "a probability from 0 to 1",
    "augmentation.affine.scale":
      "[low, high] with factors from 0.05 to 16",
    "augmentation.affine.shear":
      "an angle from 0 to 40",
    "augmentation.affine.translate":
      "a part of the side from 0 to 1",
    "augmentation.blur.probability":
      "a probability from 0 to 1",
    "augmentation.blur.sigma":
      "[low, high] with deviations from 0 to 20 pixels",
    "augmentation.brightness":
      "a strength of 0 or more",
    "augmentation.contrast":
      "a strength of 0 or more",
    "augmentation.copy_paste.probability":
      "a probability from 0 to 1",
    "augmentation.copy_paste.rarest":
      "1 to 255",
    "augmentation.crop.category_share":
      "a share above 0, at most 1",
    "augmentation.crop.tries":
      "1 to 100",
    "augmentation.crop_size":
      "sides from 1 to 16384",
    "augmentation.cutout.count":
      "1 to 1000",
    "augmentation.cutout.probability":
      "a probability from 0 to 1",
    "augmentation.cutout.size":
      "[low, high] with parts of the side above 0, at most 1",
    "augmentation.horizontal_flip":
      "a probability from 0 to 1",
    "augmentation.hue":
      "a shift from 0 to 0.5",
    "augmentation.jitter_probability":
      "a probability from 0 to 1",
    "augmentation.mean":
      "values from -1000000 to 1000000",
    "augmentation.mosaic.center":
      "[low, high] with parts of the side from 0 to 1",
    "augmentation.mosaic.probability":
      "a probability from 0 to 1",
    "augmentation.perspective.probability":
      "a probability from 0 to 1",
    "augmentation.perspective.strength":
      "a part of the side from 0 to 0.3",
    "augmentation.photometric.brightness":
      "an amount from 0 to 255",
    "augmentation.photometric.contrast":
      "[low, high] with factors from 0 to 16",
    "augmentation.photometric.hue":
      "a turn from 0 to 90",
    "augmentation.photometric.probability":
      "a probability from 0 to 1",
    "augmentation.photometric.saturation":
      "[low, high] with factors from 0 to 16",
    "augmentation.rotation.degrees":
      "an angle from 0 to 180",
    "augmentation.rotation.probability":
      "a probability from 0 to 1",
    "augmentation.saturation":
      "a strength of 0 or more",
    "augmentation.scale":
      "a factor above 0, at most 16",
    "augmentation.scale_probability":
      "a probability from 0 to 1",
    "augmentation.scale_range":
      "[low, high] with low above -1",
    "augmentation.std":
      "values from 0.000001 to 1000000",
    "augmentation.vertical_flip":
      "a probability from 0 to 1",
    "averaging.decay":
      "between 0 and 1",
    "averaging.ramp_steps":
      "1 to 1000000000",
    "batch_size":
      "1 to 65536",
    "data.cache_gigabytes":
      "a size above 0, at most 1000000",
    "data.channels":
      "1 to 1024",
    "data.prefetch":
      "1 to 64",
    "data.rare_class_sampling.minimum_pixels":
      "1 to 1000000000",
    "data.rare_class_sampling.temperature":
      "0.001 to 1000",
    "data.validation_share":
      "a share above 0 and below 1, such as 0.1",
    "data.workers":
      "0 to 256",
    "distillation.coefficient":
      "0 to 1000000",
    "distillation.temperature":
      "above 0, at most 1000",
    "epochs":
      "1 to 1000000",
    "logging.images":
      "0 to 64",
    "logging.interval":
      "above 0, at most 86400 seconds",
    "logging.step_interval":
      "0 to 1000000000",
    "maximum_skipped_steps":
      "1 to 1000000000",
    "objective.auxiliary_coefficients":
      "numbers from 0 to 1000000",
    "objective.boundary_head.class_coefficient":
      "0 to 1000000",
    "objective.boundary_head.coefficient":
      "0 to 1000000",
    "objective.boundary_head.threshold":
      "a probability from 0 to 1",
    "objective.boundary_head.width":
      "1 to 64",
    "objective.detail.coefficient":
      "0 to 1000000",
    "objective.detail.cross_entropy_coefficient":
      "0 to 1000000",
    "objective.detail.dice_coefficient":
      "0 to 1000000",
    "objective.detail.scale_weights":
      "three numbers from -1000000 to 1000000, or null",
    "objective.detail.threshold":
      "0 to 1000000",
    "objective.terms.bce.label_smoothing":
      "at least 0 and below 0.5",
    "objective.terms.bce.positive_weight":
      "above 0, at most 1000000",
    "objective.terms.ce.label_smoothing":
      "at least 0 and below 1",
    "objective.terms.dice.smooth":
      "0 to 1000000",
    "objective.terms.focal.alpha":
      "0 to 1, or null",
    "objective.terms.focal.gamma":
      "0 to 100",
    "objective.terms.ohem.minimum_pixels":
      "0 to 1000000000",
    "objective.terms.ohem.minimum_share":
      "0 to 1",
    "objective.terms.ohem.threshold":
      "between 0 and 1",
    "objective.terms.tversky.alpha":
      "0 to 1000",
    "objective.terms.tversky.beta":
      "0 to 1000",
    "objective.terms.tversky.gamma":
      "above 0, at most 10",
    "objective.terms.tversky.smooth":
      "0 to 1000000",
    "optimizer.beta2":
      "at least 0 and below 1",
    "optimizer.clip_norm":
      "a number above 0",
    "optimizer.layer_decay":
      "above 0, at most 1",
    "optimizer.learning_rate":
      "a number above 0",
    "optimizer.momentum":
      "at least 0 and below 1",
    "optimizer.rules.rule.learning_rate_factor":
      "0 to 1000",
    "optimizer.rules.rule.weight_decay_factor":
      "0 to 1000",
    "optimizer.scale_learning_rate":
      "a number of images from 1 to 65536",
    "optimizer.weight_decay":
      "0 to 1000",
    "schedule.gamma":
      "above 0, at most 1000",
    "schedule.power":
      "above 0, at most 1000",
    "schedule.step_epochs":
      "1 to 1000000",
    "schedule.warmup_epochs":
      "0 to 1000000",
    "stopping.hours":
      "a number above 0",
    "stopping.minimum_improvement":
      "0 to 1",
    "stopping.patience":
      "1 or more",
    "threads":
      "1 to 1024",
    "validation.batch_size":
      "1 to 65536",
    "validation.begin_epoch":
      "1 to 1000000",
    "validation.interval":
      "1 to 1000000",
    "validation.overlap":
      "0 to 0.9",
    "validation.scales":
      "1 to 20 factors from 0.1 to 8",
    "validation.tile":
      "sides from 16 to 16384",
  ]
}
