package dev.skep.tests;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The arrows of ARCHITECTURE.md: what each package may use, and nothing else of ours. */
final class ArchitectureTest {
  private static final JavaClasses SKEP =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("/test/"))
          .importPackages("dev.skep");

  private record Arrows(String from, List<String> to) {
    static Arrows of(String from, String... to) {
      return new Arrows(from, Arrays.asList(to));
    }
  }

  private static final List<Arrows> ALLOWED =
      List.of(
          Arrows.of("errors"),
          Arrows.of("isa", "errors"),
          Arrows.of("btf", "errors", "isa"),
          Arrows.of("program.layout"),
          Arrows.of("program", "errors", "isa", "btf", "program.layout"),
          Arrows.of("object", "errors", "isa", "btf", "program"),
          Arrows.of("verify", "errors", "isa", "btf", "program"),
          Arrows.of("explain", "isa", "btf", "program", "verify"),
          Arrows.of("rewrite", "errors", "isa", "btf", "program", "verify"),
          Arrows.of("data", "btf"),
          Arrows.of("engine", "errors", "isa", "btf", "program", "object", "data"),
          Arrows.of("natives"),
          Arrows.of("machine", "errors", "program", "natives"),
          Arrows.of("map", "errors", "btf", "program", "engine", "data", "natives", "machine"),
          Arrows.of("interp", "errors", "isa", "program", "rewrite", "natives", "machine"),
          Arrows.of("jit", "errors", "isa", "program", "rewrite", "natives", "machine"),
          Arrows.of("jit.arm64", "errors", "isa", "program", "rewrite", "jit"),
          Arrows.of("jit.x64", "errors", "isa", "program", "rewrite", "natives", "machine", "jit"),
          Arrows.of(
              "run", "errors", "isa", "btf", "program", "object", "verify", "rewrite", "engine",
              "natives", "machine", "map", "interp", "jit", "jit.x64"),
          Arrows.of("linux.sys", "errors", "natives"),
          Arrows.of("linux.net", "errors", "natives", "linux.sys"),
          Arrows.of(
              "linux.link", "errors", "program", "engine", "natives", "linux.sys", "linux.net"),
          Arrows.of(
              "linux",
              "errors",
              "isa",
              "btf",
              "program",
              "object",
              "engine",
              "natives",
              "linux.sys",
              "linux.link"),
          Arrows.of(
              "ladder", "errors", "isa", "btf", "program", "object", "verify", "rewrite", "engine",
              "natives", "jit", "jit.x64", "run", "linux"),
          Arrows.of(
              "fuzz", "errors", "isa", "btf", "program", "object", "verify", "rewrite", "engine",
              "natives", "machine", "interp", "run", "linux", "ladder"),
          Arrows.of("skeleton", "errors", "btf", "program", "object"));

  @TestFactory
  Stream<DynamicTest> everyPackageUsesOnlyWhatItsArrowsAllow() {
    return ALLOWED.stream()
        .map(arrows ->
            dynamicTest(
                arrows.from(),
                () ->
                    classes()
                        .that(resideInAPackage("dev.skep." + arrows.from()))
                        .should()
                        .onlyDependOnClassesThat(
                            resideInAnyPackage(allowed(arrows))
                                .or(resideInAPackage("dev.skep..").negate()))
                        .check(SKEP)));
  }

  private static String[] allowed(Arrows arrows) {
    return Stream.concat(Stream.of(arrows.from()), arrows.to().stream())
        .flatMap(
            name -> name.equals("program") ? Stream.of(name, "program.layout") : Stream.of(name))
        .map(name -> "dev.skep." + name)
        .toArray(String[]::new);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.skep.(**)").should().beFreeOfCycles().check(SKEP);
  }

  @Test
  void nothingUsesTheTools() {
    noClasses()
        .that(resideInAPackage("dev.skep..").and(resideInAPackage("dev.skep.cli..").negate()))
        .should()
        .dependOnClassesThat(resideInAPackage("dev.skep.cli.."))
        .check(SKEP);
  }

  /** It runs on Maven's Java, which may be too old to load a class of ours. */
  @Test
  void theMavenPluginUsesNothingOfOurs() {
    classes()
        .that(resideInAPackage("dev.skep.maven"))
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage("dev.skep.maven").or(resideInAPackage("dev.skep..").negate()))
        .allowEmptyShould(true) // where the tests run without Maven's own classes
        .check(SKEP);
  }

  @Test
  void coreKnowsNoForeignMemory() {
    noClasses()
        .that(
            resideInAnyPackage(
                "dev.skep.errors",
                "dev.skep.isa",
                "dev.skep.btf",
                "dev.skep.program",
                "dev.skep.object",
                "dev.skep.verify",
                "dev.skep.explain",
                "dev.skep.rewrite",
                "dev.skep.data",
                "dev.skep.engine"))
        .should()
        .dependOnClassesThat(resideInAPackage("java.lang.foreign.."))
        .check(SKEP);
  }

  @Test
  void everyPackageIsNamedInTheArrows() {
    List<String> known =
        Stream.concat(
                ALLOWED.stream().map(Arrows::from),
                Stream.of("cli", "cli.pcap", "cli.json", "cli.stats", "maven", "testing"))
            .map(name -> "dev.skep." + name)
            .toList();
    classes()
        .that(resideInAPackage("dev.skep.."))
        .should()
        .resideInAnyPackage(known.toArray(String[]::new))
        .check(SKEP);
  }
}
