/// Models: directed acyclic graphs of layers, and their parameters.
@NullMarked
package dev.tarn.model;

import org.jspecify.annotations.NullMarked;
