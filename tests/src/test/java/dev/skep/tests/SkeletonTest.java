package dev.skep.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.Engine;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.skeleton.Skeleton;
import dev.skep.testing.Check;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Skeletons as their users have them: written, compiled without a warning, used. */
class SkeletonTest {
  @TempDir Path folder;

  private static byte[] kinds() throws IOException {
    try (var in = SkeletonTest.class.getResourceAsStream("/skeleton/kinds.bpf.o")) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }

  /** Compiles everything below the folder; gives the compiler's complaints. */
  private String compile() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> walk = Files.walk(folder)) {
      List<Path> sources = walk.filter(path -> path.toString().endsWith(".java")).toList();
      List<String> options =
          List.of(
              "-Xlint:all",
              "-proc:none",
              "-d",
              folder.resolve("out").toString(),
              "-cp",
              DocumentedExamplesTest.classPath());
      compiler
          .getTask(
              complaints, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
          .call();
    }
    return complaints.toString();
  }

  @Test
  void everyObjectOfTheProjectGetsOneThatCompiles() throws Exception {
    int number = 0;
    for (Path object : OwnObjectsTest.objects()) {
      String file = Objects.requireNonNull(object.getFileName()).toString();
      Skeleton skeleton =
          Skeleton.of(file, Files.readAllBytes(object), null, "org.made" + number++);
      assertThat(skeleton.writeTo(folder)).isTrue();
      assertThat(skeleton.source().lines().filter(line -> line.length() > 100)).isEmpty();
    }
    assertThat(number).isGreaterThan(20);
    assertThat(compile()).isEmpty();
  }

  @Test
  void theSameObjectIsNotWrittenAgain() throws Exception {
    Skeleton skeleton = Skeleton.of("kinds.bpf.o", kinds(), null, "org.made");
    assertThat(skeleton.writeTo(folder)).isTrue();
    assertThat(skeleton.writeTo(folder)).isFalse();
    assertThat(Skeleton.of("kinds.bpf.o", kinds(), "other", "").path()).hasToString("Other.java");
    assertThatThrownBy(() -> Skeleton.of("kinds.bpf.o", kinds(), null, "no-package"))
        .hasMessage("package name \"no-package\"");
  }

  /** The life of an object, in Java that names everything. */
  private static final String DRIVER =
      """
      package org.made;

      import dev.skep.engine.Engine;
      import dev.skep.engine.TestRun;
      import java.util.function.Function;

      public final class Driver implements Function<Engine, String> {
        @Override
        public String apply(Engine engine) {
          StringBuilder seen = new StringBuilder();
          try (Kinds kinds = Kinds.open()) {
            kinds.rodata().limit(5).prefix("bees").start(Kinds.Mode.MODE_OFF);
            kinds.data().number(-9).mode(Kinds.Mode.MODE_OFF).grid(1, 2, 60);
            kinds.data().shape().level(-3).kind(6).wide(1L << 38).colour().green(9);
            kinds.data().shape().corners(1).high(-5);
            kinds.percpuInitial().local().packets(100);
            kinds.load(engine);
            seen.append(kinds.rodata().prefix()).append(' ').append(kinds.rodata().limit());
            int retval = kinds.programs().count().testRun(TestRun.of(new byte[60])).retval();
            seen.append(' ').append(retval).append(' ').append(kinds.bss().runs());
            seen.append(' ').append(kinds.bss().totals(1).bytes());
            Kinds.Shape shape = kinds.data().shape();
            seen.append(' ').append(shape.kind()).append(' ').append(shape.level());
            seen.append(' ').append(shape.wide() == 1L << 38).append(' ').append(shape.area());
            seen.append(' ').append(shape.ends().low()).append(' ').append(shape.colour().green());
            seen.append(' ').append(shape.corners(1).high()).append(' ').append(shape.next());
            seen.append(' ').append(kinds.data().grid(1, 2)).append(' ').append(kinds.data().tiny());
            seen.append(' ').append(kinds.data().byte_()).append(' ').append(kinds.data().natural());
            seen.append(' ').append(kinds.data().flag()).append(' ').append(kinds.data().class_());
            seen.append(' ').append(kinds.percpu().sum(cpu -> cpu.local().packets()));
            seen.append(' ').append(kinds.percpuMore().sum(Kinds.PercpuMore::sum));
            kinds.percpu().onCpu(1).local().packets(7);
            seen.append(' ').append(kinds.percpu().onCpu(1).local().packets());
            seen.append(' ').append(kinds.percpuInitial().local().packets());
            seen.append(' ').append(kinds.percpu().onCpu(0).lastLength());
            seen.append(' ').append(kinds.maps().flows().spec().name());
            seen.append(' ').append(kinds.data().mode());
            for (Runnable wrong : new Runnable[] {
                () -> kinds.rodata().limit(6),
                () -> kinds.percpuInitial().local().packets(1),
                () -> kinds.data().byte_(256),
                () -> kinds.data().grid(2, 0),
                () -> kinds.bss().totals(-1),
                () -> kinds.load(engine),
                () -> Kinds.Mode.of(2)}) {
              try {
                wrong.run();
                seen.append(" fine?");
              } catch (RuntimeException e) {
                seen.append(' ').append(e.getClass().getSimpleName());
              }
            }
          }
          return seen.toString();
        }
      }
      """;

  @Test
  @Check(107)
  void sectionsHaveBpftoolsNamesAndNoStaticVariables() throws Exception {
    String source = Skeleton.of("kinds.bpf.o", kinds(), null, "org.made").source();
    assertThat(source)
        .contains("public PerCpu<PercpuMore> percpuMore() {")
        .contains("perCpu(\".percpu.more\", PercpuMore::new)")
        .contains("public PercpuMore percpuMoreInitial() {")
        .contains("public long last(int i) {")
        .doesNotContain("hidden");
  }

  @Test
  @SuppressWarnings("unchecked")
  void variablesProgramsAndMapsHaveNames() throws Exception {
    Skeleton.of("kinds.bpf.o", kinds(), null, "org.made").writeTo(folder);
    Files.writeString(folder.resolve("org/made/Driver.java"), DRIVER);
    assertThat(compile()).isEmpty();
    URL[] classes = {folder.resolve("out").toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(classes, SkeletonTest.class.getClassLoader());
        Engine engine = Vm.interp(VmOptions.ofCpus(2))) {
      var driver =
          (Function<Engine, String>)
              loader.loadClass("org.made.Driver").getDeclaredConstructor().newInstance();
      assertThat(driver.apply(engine))
          .isEqualTo(
              "bees 5 -9 1 60 6 -3 true 42 42 10 -5 0 60 -1 200 4000000000 true 1 201 205 7 100 4"
                  + " flows MODE_OFF ReadOnlyBufferException ReadOnlyBufferException"
                  + " IllegalArgumentException IndexOutOfBoundsException"
                  + " IndexOutOfBoundsException IllegalStateException IllegalArgumentException");
    }
  }
}
