/// HDF5 files as far as networks need them: groups, attributes that are texts, arrays of numbers.
@NullMarked
package dev.tarn.io.hdf5;

import org.jspecify.annotations.NullMarked;
