package dev.tarn.io.model;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Source;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonText;
import dev.tarn.io.safetensors.SafeTensors;
import dev.tarn.io.store.Content;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Newest;
import dev.tarn.io.store.Publisher;
import dev.tarn.io.store.Storage;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.train.CheckpointStore;
import dev.tarn.train.TrainerState;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// The `.tarn` file a training writes while it runs: after every save a complete model one can
/// predict with, and the state to go on from.
///
/// The two newest saves are kept, as `NAME.tarn` and `NAME.tarn.previous`; saves are numbered, so
/// clocks do not matter. The file is locked until [#close]. Saving is [Publisher]'s: whatever
/// happens, one complete save is there.
public final class CheckpointFile implements CheckpointStore, Closeable {
  private final Storage storage;
  private final Publisher publisher;
  private final Model model;
  private final ModelInfo info;
  private long generation;
  private Optional<TarnException> damage = Optional.empty();

  private CheckpointFile(Storage storage, Publisher publisher, Model model, ModelInfo info) {
    this.storage = storage;
    this.publisher = publisher;
    this.model = model;
    this.info = info;
    this.generation =
        Math.max(
            generation(publisher.target()), generation(Publisher.previous(publisher.target())));
  }

  /// Prepares to save to a file: finds out now whether that will be possible, and locks it.
  ///
  /// @throws StoreException if it cannot be written, or another training is writing it
  /// @throws UnsupportedException if the model has custom layers
  public static CheckpointFile open(Path file, Model model, ModelInfo info) {
    return open(FileStorage.DISK, file, model, info);
  }

  static CheckpointFile open(Storage storage, Path file, Model model, ModelInfo info) {
    JsonText.compact(ModelJson.write(model)); // Refuses custom layers before anything is locked.
    Publisher publisher = Publisher.keepingPrevious(storage, file, TarnArchive::read);
    boolean ready = false;
    try {
      var checkpoint = new CheckpointFile(storage, publisher, model, info);
      ready = true;
      return checkpoint;
    } finally {
      if (!ready) {
        publisher.close();
      }
    }
  }

  /// The number of a file's save, or 0 where there is none that can be read.
  private long generation(Path file) {
    try {
      return storage.exists(file)
          ? TarnArchive.read(storage, file, source -> TarnArchive.read(source).generation())
          : 0;
    } catch (TarnException | IOException e) {
      return 0;
    }
  }

  @Override
  public void save(TrainerState state) {
    requireFits(state);
    var sections = ModelFile.sections(model, TrainingJson.weights(state), info);
    sections.put(TarnArchive.TRAINING, TarnArchive.text(TrainingJson.write(state)));
    sections.put(TarnArchive.TRAINING_ARRAYS, TrainingJson.arrays(state, model));
    publish(sections);
  }

  /// Replaces the newest save by the finished model, without the state of its training.
  public void finish(Parameters parameters, ModelInfo about) {
    publish(ModelFile.sections(model, parameters.array(), about));
  }

  private void publish(Map<String, Content> sections) {
    publisher.publish(TarnArchive.content(sections, generation + 1));
    generation++;
  }

  private void requireFits(TrainerState state) {
    int size = model.parameterArraySize();
    boolean fits =
        state.parameters().length == size
            && state.slots().stream().allMatch(slot -> slot.length == size)
            && (!TrainingJson.hasBest(state) || state.bestParameters().length == size);
    if (!fits) {
      throw new ParameterException(
          "checkpoint: the state has %d parameters; the model of this file needs %d."
              .formatted(state.parameters().length, size));
    }
  }

  /// The newest state that is complete: of the file or, if that is missing or damaged, of the one
  /// before it, and then [#damage] says why. Empty if there is neither.
  ///
  /// @throws ShapeException if the file is of another model, naming the first layer that differs
  /// @throws UnsupportedException if the file is of a newer format, or holds a finished model
  ///   without a state
  @Override
  public Optional<TrainerState> newest() {
    Path target = publisher.target();
    try {
      if (!storage.exists(target) && !storage.exists(Publisher.previous(target))) {
        return Optional.empty();
      }
    } catch (IOException e) {
      throw new StoreException(
          "%s cannot be read: %s.".formatted(quote(target.toString()), quote(Storage.reason(e))),
          e);
    }
    Newest<TrainerState> newest = Newest.read(storage, target, this::state);
    damage = newest.damage();
    return Optional.of(newest.value());
  }

  /// What was wrong with the file when [#newest] took the one before it.
  public Optional<TarnException> damage() {
    return damage;
  }

  private TrainerState state(Source source) {
    return TarnArchive.read(source, archive -> state(archive, source));
  }

  private TrainerState state(TarnArchive archive, Source source) {
    if (!archive.has(TarnArchive.TRAINING)) {
      throw new UnsupportedException(
          "%s holds a finished model without the state of its training; there is nothing to resume. Train without resuming, or choose another file."
              .formatted(quote(source.name())));
    }
    ModelFile file = ModelFile.read(archive, source.name());
    requireSame(source.name(), ModelJson.write(file.model()), ModelJson.write(model));
    SafeTensors arrays = SafeTensors.read(archive.open(TarnArchive.TRAINING_ARRAYS));
    return TrainingJson.read(archive.json(TarnArchive.TRAINING), arrays, file.parameters());
  }

  private static void requireSame(String name, Json theirs, Json ours) {
    if (!theirs.equals(ours)) {
      throw new ShapeException(
          "%s was trained with another model: %s. Resume with the model it was begun with, or choose another file."
              .formatted(quote(name), difference(theirs, ours)));
    }
  }

  private static String difference(Json theirs, Json ours) {
    var there = ((Json.Items) ((Json.Members) theirs).members().get("layers")).items();
    var here = ((Json.Items) ((Json.Members) ours).members().get("layers")).items();
    for (int i = 0; i < Math.min(there.size(), here.size()); i++) {
      if (!there.get(i).equals(here.get(i))) {
        return "layer %d is %s there and %s here"
            .formatted(
                i, quote(JsonText.compact(there.get(i))), quote(JsonText.compact(here.get(i))));
      }
    }
    return there.size() == here.size()
        ? "other outputs"
        : "%d layers there and %d here".formatted(there.size(), here.size());
  }

  /// Lets go of the file.
  @Override
  public void close() {
    publisher.close();
  }
}
