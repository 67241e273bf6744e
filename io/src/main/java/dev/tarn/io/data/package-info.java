/// Data sets: digits drawn by code, MNIST, CIFAR-10, folders of images, NumPy arrays; and
/// augmentation.
@NullMarked
package dev.tarn.io.data;

import org.jspecify.annotations.NullMarked;
