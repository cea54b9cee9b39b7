package dev.skep.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.inject.Inject;
import org.apache.maven.artifact.Artifact;
import org.apache.maven.execution.MavenSession;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecution;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.apache.maven.project.MavenProject;
import org.apache.maven.toolchain.Toolchain;
import org.apache.maven.toolchain.ToolchainManager;
import org.jspecify.annotations.Nullable;

/**
 * Writes a Java class for every BPF object of the project: its programs, maps and variables by name
 * and type. Objects that did not change cost nothing.
 */
@Mojo(name = "generate", defaultPhase = LifecyclePhase.GENERATE_SOURCES, threadSafe = true)
public final class GenerateMojo extends AbstractMojo {
  /** The folder of the objects, where no {@code objects} are named. */
  @Parameter(defaultValue = "${project.basedir}/src/main/bpf")
  File sourceDirectory;

  /** Which files of the folder are objects: globs as java.nio.file has them. */
  @Parameter(defaultValue = "*.bpf.o")
  List<String> includes;

  /** Files that are objects, instead of those of the folder. */
  @Parameter List<File> objects = List.of();

  /** The package of the classes. */
  @Parameter(property = "skep.packageName", defaultValue = "${project.groupId}")
  String packageName;

  /** Names of objects by file name, and so of the classes: else the file's up to its first dot. */
  @Parameter Map<String, String> names = Map.of();

  /** The source folder that the classes are written to. */
  @Parameter(defaultValue = "${project.build.directory}/generated-sources/skep")
  File outputDirectory;

  /**
   * The home of a JDK 25 or newer for the generator: else the toolchain, else one that is found.
   */
  @Parameter(property = "skep.jdk")
  @Nullable File jdk;

  /** Does nothing. */
  @Parameter(property = "skep.skip", defaultValue = "false")
  boolean skip;

  @Parameter(defaultValue = "${project.build.directory}/skep", readonly = true)
  File workDirectory;

  @Parameter(defaultValue = "${mojoExecution}", readonly = true)
  MojoExecution execution;

  @Parameter(defaultValue = "${project}", readonly = true)
  MavenProject project;

  @Parameter(defaultValue = "${session}", readonly = true)
  private MavenSession session;

  @Parameter(defaultValue = "${plugin.artifacts}", readonly = true)
  private List<Artifact> artifacts;

  /** Of the generator: the plugin's own jars. */
  List<Path> classPath = List.of();

  private final ToolchainManager toolchains;

  @Inject
  public GenerateMojo(ToolchainManager toolchains) {
    this.toolchains = toolchains;
  }

  @Override
  public void execute() throws MojoExecutionException, MojoFailureException {
    if (skip) {
      getLog().info("skipped (skep.skip)");
      return;
    }
    try {
      generate();
    } catch (Generator.WrongObjectsException e) {
      throw new MojoFailureException(e.getMessage());
    } catch (IOException e) {
      throw new MojoExecutionException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MojoExecutionException("interrupted", e);
    }
    project.addCompileSourceRoot(outputDirectory.getPath());
  }

  private void generate()
      throws IOException,
          InterruptedException,
          MojoExecutionException,
          Generator.WrongObjectsException {
    List<BpfFile> wanted = BpfFile.of(files(), names);
    if (classPath.isEmpty()) {
      classPath = ownJars();
    }
    Path folder = outputDirectory.toPath();
    Path lastRun =
        workDirectory.toPath().resolve("generate-" + execution.getExecutionId() + ".txt");
    LastRun last = LastRun.read(lastRun);
    List<String> inputs = LastRun.inputs(folder, packageName, wanted, classPath);
    if (wanted.isEmpty()) {
      getLog().warn("no objects: none in " + sourceDirectory + " is called " + includes);
    } else if (last.isCurrent(inputs)) {
      getLog().info(wanted.size() + " of " + wanted.size() + " classes are up to date");
      return;
    }
    Generator.Result result = new Generator.Result(List.of(), 0);
    if (!wanted.isEmpty()) {
      Path java = java();
      getLog().debug("the generator runs on " + java);
      result = new Generator(java, classPath).generate(folder, packageName, wanted);
      getLog().info(result.written() + " of " + wanted.size() + " classes written to " + folder);
    }
    last.deleteAllBut(result.classes());
    new LastRun(inputs, result.classes()).write(lastRun);
  }

  private List<Path> files() throws IOException {
    return objects.isEmpty()
        ? BpfFile.find(sourceDirectory.toPath(), includes)
        : objects.stream().map(File::toPath).toList();
  }

  private List<Path> ownJars() {
    return artifacts.stream()
        .filter(artifact -> artifact.getGroupId().equals("dev.skep"))
        .map(artifact -> artifact.getFile().toPath())
        .toList();
  }

  private Path java() throws IOException, MojoExecutionException {
    if (jdk != null) {
      return checked(jdk.toPath(), "the parameter jdk");
    }
    Toolchain toolchain = toolchains.getToolchainFromBuildContext("jdk", session);
    String tool = toolchain == null ? null : toolchain.findTool("java");
    if (tool != null) {
      return checked(Path.of(tool).resolve("../..").normalize(), "the toolchain");
    }
    Path home =
        new JdkSearch(
                System.getenv(),
                Path.of(System.getProperty("java.home")),
                Path.of(System.getProperty("user.home")))
            .find();
    if (home == null) {
      throw new MojoExecutionException(
          "needs a JDK 25 or newer: install one, set SKEP_JAVA_HOME or the parameter jdk to it,"
              + " or select it as the toolchain");
    }
    return JdkSearch.java(home);
  }

  private static Path checked(Path home, String what) throws IOException, MojoExecutionException {
    int version = JdkSearch.version(home);
    if (version < JdkSearch.OLDEST) {
      throw new MojoExecutionException(
          home
              + (version == 0 ? " is no JDK" : " is Java " + version)
              + ", as "
              + what
              + " says; the generator needs 25 or newer");
    }
    return JdkSearch.java(home);
  }
}
