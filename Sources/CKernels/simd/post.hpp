// The steps that follow an operation on a vector of values. There is no include guard: the file is included once in
// each namespace.

template <typename T>
struct RowPost {
  const T *operand = nullptr;
  int64_t pixel = 0;
  bool multiplies;
  const ck_activation *activation = nullptr;

  RowPost(const Post &post, int y) : multiplies(post.multiplies), activation(&post.activation) {
    if (post.operand) {
      operand = View<const T>(*post.operand).at(y, 0);
      pixel = post.operand->pixel;
    }
  }

  /// Finishes the value of pixel x, channels c ..< c + count.
  template <int Lanes = kLanes>
  CK_INLINE FloatN<Lanes> apply(FloatN<Lanes> value, int64_t x, int c, int count) const {
    if (operand) {
      const T *from = operand + x * pixel + c;
      FloatN<Lanes> other = count == Lanes ? load<Lanes>(from) : load<Lanes>(from, count);
      value = multiplies ? value * other : value + other;
    }
    if (activation->kind == CK_IDENTITY) return value;
    if (activation->kind == CK_RELU) return vmax(value, splat<Lanes>(0));
    FloatN<Lanes> slope = activation->kind == CK_PRELU ? load<Lanes>(activation->slopes + c, count) : splat<Lanes>(0);
    return activate(activation->kind, activation->a, activation->b, slope, value);
  }
};

/// Calls body(c, count) for each vector of `channels` channels. `count` is a constant for all vectors but the last.
template <typename Body>
CK_INLINE void each_vector(int channels, const Body &body) {
  int c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(c, kLanes);
  if (c < channels) body(c, channels - c);
}

template <typename T>
CK_INLINE Float load_some(const T *from, int count) {
  return count == kLanes ? load<kLanes>(from) : load<kLanes>(from, count);
}
template <typename T>
CK_INLINE void store_some(T *to, Float value, int count) {
  count == kLanes ? store<kLanes>(to, value) : store<kLanes>(to, value, count);
}
