package dev.tarn;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// The house's rules about who may know whom (ARCHITECTURE.md), over the classes of all modules.
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("/f64/"))
          .importPackages("dev.tarn");

  @Test
  void packagesDependInOneDirection() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("dev.tarn..")
        .withOptionalLayers(true)
        .layer("error")
        .definedBy("dev.tarn.error")
        .layer("tensor")
        .definedBy("dev.tarn.tensor")
        .layer("layer")
        .definedBy("dev.tarn.layer")
        .layer("model")
        .definedBy("dev.tarn.model")
        .layer("engine")
        .definedBy("dev.tarn.engine..")
        .layer("plan")
        .definedBy("dev.tarn.plan")
        .layer("train")
        .definedBy("dev.tarn.train")
        .layer("insight")
        .definedBy("dev.tarn.insight")
        .layer("onnx")
        .definedBy("dev.tarn.onnx")
        .layer("io")
        .definedBy("dev.tarn.io..")
        .layer("zoo")
        .definedBy("dev.tarn.zoo")
        .layer("cli")
        .definedBy("dev.tarn.cli..")
        .whereLayer("error")
        .mayNotAccessAnyLayer()
        .whereLayer("tensor")
        .mayOnlyAccessLayers("error")
        .whereLayer("layer")
        .mayOnlyAccessLayers("error", "tensor")
        .whereLayer("model")
        .mayOnlyAccessLayers("error", "tensor", "layer")
        .whereLayer("engine")
        .mayOnlyAccessLayers("error", "tensor")
        .whereLayer("plan")
        .mayOnlyAccessLayers("error", "tensor", "layer", "model", "engine")
        .whereLayer("train")
        .mayOnlyAccessLayers("error", "tensor", "layer", "model", "engine", "plan")
        .whereLayer("insight")
        .mayOnlyAccessLayers("error", "tensor", "layer", "model", "engine", "plan", "train")
        .whereLayer("onnx")
        .mayNotAccessAnyLayer()
        .whereLayer("io")
        .mayOnlyAccessLayers(
            "error", "tensor", "layer", "model", "engine", "plan", "train", "insight", "onnx")
        .whereLayer("zoo")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .ignoreDependency(resideInAPackage("dev.tarn.cli.."), resideInAPackage("dev.tarn.zoo"))
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCircles() {
    slices().matching("dev.tarn.(*)..").should().beFreeOfCycles().check(CLASSES);
    slices().matching("dev.tarn.io.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyTheVectorEngineTouchesTheVectorApi() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tarn.engine.vector")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .check(CLASSES);
  }

  @Test
  void coreNeedsTheJdkAlone() {
    classes()
        .that(
            resideInAnyPackage(
                "dev.tarn.error",
                "dev.tarn.tensor",
                "dev.tarn.layer",
                "dev.tarn.model",
                "dev.tarn.engine..",
                "dev.tarn.plan",
                "dev.tarn.train",
                "dev.tarn.insight"))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.tarn..", "java..", "jdk.incubator.vector", "org.jspecify..")
        .check(CLASSES);
  }

  @Test
  void noCodeComesOutOfFiles() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.io.ObjectInputStream")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.net.URLClassLoader")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.ProcessBuilder")
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("javax.script..")
        .check(CLASSES);
  }

  @Test
  void namesSaySomething() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Utils")
        .orShould()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Manager")
        .orShould()
        .haveSimpleNameEndingWith("Impl")
        .orShould()
        .haveSimpleNameStartingWith("Abstract")
        .orShould()
        .haveSimpleNameStartingWith("Base")
        .check(CLASSES);
  }
}
