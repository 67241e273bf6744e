package dev.tarn.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Replacement;
import dev.tarn.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class ZooTest {
  @Test
  void textbookHasTheShapesOfTheTextbooks() {
    Model model = Zoo.TEXTBOOK.model();
    assertEquals(
        List.of(
            Shape.of(1, 28, 28),
            Shape.of(3, 24, 24),
            Shape.of(3, 24, 24),
            Shape.of(3, 12, 12),
            Shape.of(432),
            Shape.of(10)),
        model.nodes().stream().map(Node::shape).toList());
    assertEquals(3 * 25 + 3 + 432 * 10 + 10, model.parameterCount());
  }

  @Test
  void textbook2HasAsManyParametersAsThePeersVersion() {
    assertEquals(
        (20 * 25 + 20) + (40 * 20 * 25 + 40) + (640 * 100 + 100) + (100 * 10 + 10),
        Zoo.TEXTBOOK2.model().parameterCount());
  }

  @Test
  void lenet5HasThePapersSizes() {
    Model model = Zoo.LENET5.model();
    assertEquals(Shape.of(6, 28, 28), model.node("conv1").shape());
    assertEquals(Shape.of(6, 14, 14), model.node("pool1").shape());
    assertEquals(Shape.of(16, 10, 10), model.node("conv2").shape());
    assertEquals(Shape.of(16, 5, 5), model.node("pool2").shape());
    assertEquals(Shape.of(120, 1, 1), model.node("conv3").shape());
    assertEquals(61_706, model.parameterCount());
  }

  @Test
  void everyNetworkIsFoundByItsName() {
    for (Zoo zoo : Zoo.values()) {
      assertEquals(zoo, Zoo.of(zoo.id()));
      assertEquals(Shape.of(7), zoo.model(zoo.input(), 7).outputs().getFirst().shape());
    }
  }

  @Test
  void vggHasThePapersParameters() {
    // Table 2 of the paper in millions: 133, 133, 138, 144; to the last one as published
    // implementations count.
    assertEquals(132_863_336, Zoo.VGG11.model().parameterCount());
    assertEquals(133_047_848, Zoo.VGG13.model().parameterCount());
    assertEquals(138_357_544, Zoo.VGG16.model().parameterCount());
    assertEquals(143_667_240, Zoo.VGG19.model().parameterCount());
    assertEquals(138_365_992, Zoo.VGG16_BN.model().parameterCount());
    assertEquals(Shape.of(512, 7, 7), Zoo.VGG16.model().node("pool5").shape());
    assertEquals(Shape.of(25_088), Zoo.VGG16.model().node("flatten1").shape());
  }

  @Test
  void alexNetHasThePapersParameters() {
    // "60 million parameters" (section 1); the one-column form as torchvision counts it.
    assertEquals(60_965_224, Zoo.ALEXNET.model().parameterCount());
    assertEquals(61_100_840, Zoo.ALEXNET_ONE_COLUMN.model().parameterCount());
    assertEquals(Shape.of(96, 55, 55), Zoo.ALEXNET.model().node("conv1").shape());
    assertEquals(Shape.of(96, 27, 27), Zoo.ALEXNET.model().node("pool1").shape());
    assertEquals(Shape.of(256, 6, 6), Zoo.ALEXNET.model().node("pool3").shape());
  }

  @Test
  void networkInNetworkAndAllConvolutionalNetsHaveThePapersParameters() {
    // NiN as the authors' CIFAR-10 configuration; All-CNN-C: "≈ 1.4 M" (table 4).
    assertEquals(966_986, Zoo.NETWORK_IN_NETWORK.model().parameterCount());
    assertEquals(1_369_738, Zoo.ALL_CNN_C.model().parameterCount());
    Model base = Zoo.ALL_CNN_BASE.model();
    assertEquals(Shape.of(10, 6, 6), base.node("conv7").shape());
    Model replaced = base.replacePooling(Replacement.stridedConvolution());
    assertEquals(Zoo.ALL_CNN_C.model().parameterCount(), replaced.parameterCount());
    assertEquals(
        Zoo.ALL_CNN_C.model().nodes().stream().map(Node::shape).toList(),
        replaced.nodes().stream().map(Node::shape).toList());
  }

  @Test
  void resNet18AndSqueezeNetHaveThePublishedParameters() {
    assertEquals(11_689_512, Zoo.RESNET18.model().parameterCount());
    assertEquals(1_248_424, Zoo.SQUEEZENET.model().parameterCount());
    // Table 1 of each paper.
    assertEquals(Shape.of(64, 56, 56), Zoo.RESNET18.model().node("pool1").shape());
    assertEquals(Shape.of(512, 1, 1), Zoo.RESNET18.model().node("pool2").shape());
    assertEquals(Shape.of(512, 13, 13), Zoo.SQUEEZENET.model().node("concat8").shape());
  }

  @Test
  void squeezeAndExcitationAddsTwoSmallLayersPerBlock() {
    long blocks = 0;
    for (int channels : new int[] {64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512}) {
      blocks += 2L * channels * channels / 16 + channels / 16 + channels;
    }
    assertEquals(
        Zoo.VGG16_BN.model().parameterCount() + blocks, Zoo.SE_VGG16.model().parameterCount());
  }

  @Test
  void vgg16BecomesFullyConvolutional() {
    Model maps = Zoo.VGG16.model().fullyConvolutional();
    assertEquals(Shape.of(4096, 1, 1), maps.node("dense1").shape());
    assertEquals(Shape.of(1000, 1, 1), maps.outputs().getFirst().shape());
    assertEquals(138_357_544, maps.parameterCount());
    assertEquals(
        Shape.of(1000, 6, 6), maps.withInputs(Shape.of(3, 384, 384)).outputs().getFirst().shape());
  }

  @Test
  void unknownNameListsTheKnownOnes() {
    var e = assertThrows(ParameterException.class, () -> Zoo.of("vgg\n99"));
    assertTrue(e.getMessage().contains("vgg\\u000a99"), e.getMessage());
    assertTrue(e.getMessage().contains("lenet5"), e.getMessage());
  }

  @Test
  void inputTooSmallNamesTheLayer() {
    var e = assertThrows(ShapeException.class, () -> Zoo.TEXTBOOK.model(Shape.of(1, 3, 3), 10));
    assertTrue(e.getMessage().startsWith("conv (3 filters, kernel 5)"), e.getMessage());
  }
}
