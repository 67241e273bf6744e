package dev.tarn.io.model;

import dev.tarn.error.FormatException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Source;
import dev.tarn.io.safetensors.SafeTensors;
import dev.tarn.io.safetensors.SafeTensorsWriter;
import dev.tarn.io.store.Content;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Newest;
import dev.tarn.io.store.Publisher;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// What a `.tarn` file holds for its user: a model, its parameters, and what is known about it.
///
/// The file is one zip archive with `model.json`, `about.json` and `weights.safetensors`, each
/// readable by any tool, under checksums that find every changed bit. A file written by a
/// [CheckpointFile] also has the state of its training, which is not read here. Loading runs no
/// code from the file and looks no class up.
///
/// @param model the graph
/// @param parameters its numbers; of a training under way the best so far
/// @param info labels, normalization, notes
public record ModelFile(Model model, Parameters parameters, ModelInfo info) {
  public ModelFile {
    if (parameters.model() != model) {
      throw new ParameterException(
          "model file: the parameters belong to another model; save a model with its own.");
    }
  }

  /// A model with its parameters.
  public static ModelFile of(Parameters parameters, ModelInfo info) {
    return new ModelFile(parameters.model(), parameters, info);
  }

  /// Writes the file, complete or not at all; the same content gives the same bytes.
  ///
  /// @throws UnsupportedException if the model has custom layers
  /// @throws StoreException if the file cannot be written; one that was there is untouched
  public void save(Path file) {
    Content content = TarnArchive.content(sections(model, parameters.array(), info), 1);
    Publisher.write(file, content);
  }

  /// Reads a file.
  ///
  /// @throws FormatException if any bit of it is damaged, or it is no `.tarn` file
  /// @throws UnsupportedException if it is of a newer format, or has layers this program does not
  ///   know
  /// @throws ShapeException if its weights do not fit its model
  /// @throws StoreException if there is no such file
  public static ModelFile load(Path file) {
    return TarnArchive.read(FileStorage.DISK, file, ModelFile::read);
  }

  /// Reads a file or, if it is missing or damaged, the one before it that training kept; the result
  /// says which, and why.
  public static Newest<ModelFile> loadNewest(Path file) {
    return Newest.read(FileStorage.DISK, file, ModelFile::read);
  }

  static ModelFile read(Source source) {
    return TarnArchive.read(source, archive -> read(archive, source.name()));
  }

  static ModelFile read(TarnArchive archive, String name) {
    Model model = ModelJson.read(archive.json(TarnArchive.MODEL));
    ModelInfo info = ModelInfo.read(archive.json(TarnArchive.ABOUT));
    SafeTensors weights = SafeTensors.read(archive.open(TarnArchive.WEIGHTS));
    var parameters = Parameters.zeros(Weights.requireMatch(name, weights, "", model));
    Weights.fill(weights, "", parameters);
    return new ModelFile(model, parameters, info);
  }

  static SequencedMap<String, Content> sections(Model model, float[] parameters, ModelInfo info) {
    var weights = new SafeTensorsWriter();
    Weights.add(weights, "", model, parameters);
    var sections = new LinkedHashMap<String, Content>();
    sections.put(TarnArchive.MODEL, TarnArchive.text(ModelJson.write(model)));
    sections.put(TarnArchive.ABOUT, TarnArchive.text(info.json()));
    sections.put(TarnArchive.WEIGHTS, weights);
    return sections;
  }
}
