package dev.tarn.tensor;

/// How a framework counts the cells that its indices of max pooling name.
public enum IndexOrder {
  /// Inside one plane, row by row: `(z·H + y)·W + x`. Tarn, PyTorch, Caffe.
  PLANE,
  /// In the whole tensor, row by row: `(n·C + c)·plane + (z·H + y)·W + x`. ONNX.
  TENSOR,
  /// In the whole tensor, planes by columns: `(n·C + c)·plane + (x·H + y)·D + z`. ONNX with
  /// `storage_order` 1.
  TENSOR_BY_COLUMNS,
  /// In the sample, channels last: `((z·H + y)·W + x)·C + c`. TensorFlow.
  CHANNELS_LAST;

  /// The number of a cell in this order.
  ///
  /// @param input `[N, C, spatial…]`, the shape of what was pooled
  /// @param cell of the plane, row by row
  int number(Shape input, int n, int c, int cell) {
    int plane = input.sample().positions();
    return switch (this) {
      case PLANE -> cell;
      case TENSOR -> (n * input.size(1) + c) * plane + cell;
      case TENSOR_BY_COLUMNS -> (n * input.size(1) + c) * plane + byColumns(input, cell);
      case CHANNELS_LAST -> cell * input.size(1) + c;
    };
  }

  /// The cell that a number in this order names, −1 if it is none of this sample's and channel's
  /// plane.
  int cell(Shape input, int n, int c, int number) {
    int plane = input.sample().positions();
    int first = (n * input.size(1) + c) * plane;
    int cell =
        switch (this) {
          case PLANE -> number;
          case TENSOR -> number - first;
          case TENSOR_BY_COLUMNS -> {
            int inside = number - first;
            yield inside < 0 || inside >= plane ? -1 : byRows(input, inside);
          }
          case CHANNELS_LAST ->
              number >= 0 && number % input.size(1) == c ? number / input.size(1) : -1;
        };
    return cell < 0 || cell >= plane ? -1 : cell;
  }

  private static int byColumns(Shape input, int cell) {
    int rest = cell;
    int number = 0;
    for (int axis = input.rank() - 1; axis >= 2; axis--) {
      number = number * input.size(axis) + rest % input.size(axis);
      rest /= input.size(axis);
    }
    return number;
  }

  private static int byRows(Shape input, int number) {
    int rest = number;
    int cell = 0;
    for (int axis = 2; axis < input.rank(); axis++) {
      cell = cell * input.size(axis) + rest % input.size(axis);
      rest /= input.size(axis);
    }
    return cell;
  }
}
