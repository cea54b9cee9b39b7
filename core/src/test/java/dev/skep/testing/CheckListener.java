package dev.skep.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes target/checks.tsv of a module: for every test with {@link Check} and each of its checks a
 * line of check, test, engine ("" for none), result ("ok", "failed" or "skipped") and reason, with
 * tabs between them. Where there is no directory target, or what -Dskep.checks names, nothing is
 * written.
 */
public final class CheckListener implements TestExecutionListener {
  private static final Path DIRECTORY = Path.of(System.getProperty("skep.checks", "target"));
  private static final Path FILE = DIRECTORY.resolve("checks.tsv");
  private static final Pattern ENGINE =
      Pattern.compile("(?<![\\w-])(interp|jit-kernel|jit|linux|arm64)(?![\\w-])");

  /** Whether this JVM has removed what an earlier one left. */
  private static boolean begun;

  private final Set<String> reported = new HashSet<>();
  private final Set<String> lines = new LinkedHashSet<>();
  private @Nullable TestPlan plan;

  @Override
  public void testPlanExecutionStarted(TestPlan started) {
    plan = started;
    lines.clear();
    if (!begun) {
      begun = true;
      try {
        Files.deleteIfExists(FILE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    report(test, "skipped", reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    String reason = result.getThrowable().map(CheckListener::firstLine).orElse("");
    switch (result.getStatus()) {
      case SUCCESSFUL -> {
        if (test.isTest()) {
          report(test, "ok", "");
        }
      }
      case ABORTED -> report(test, "skipped", reason);
      case FAILED -> report(test, "failed", reason);
    }
  }

  private static String firstLine(Throwable thrown) {
    String text = String.valueOf(thrown.getMessage()).strip();
    String line = text.lines().findFirst().orElse("");
    return line.replaceFirst("^Assumption failed: ", "").replace('\t', ' ');
  }

  /** Notes the result of a test, or of what was not run in a container. */
  private void report(TestIdentifier test, String result, String reason) {
    TestPlan all = plan;
    if (all == null) {
      return;
    }
    note(all, test, result, reason);
    if (test.isContainer()) {
      all.getDescendants(test).forEach(inner -> note(all, inner, result, reason));
    }
  }

  private void note(TestPlan all, TestIdentifier test, String result, String reason) {
    if (!(test.getSource().orElse(null) instanceof MethodSource method)) {
      return;
    }
    Check check = check(method);
    if (check == null || !reported.add(test.getUniqueId())) {
      return;
    }
    String name = method.getJavaClass().getSimpleName() + "." + method.getMethodName();
    String engine = check.engine().isEmpty() ? engine(all, test) : check.engine();
    for (int number : check.value()) {
      lines.add(String.join("\t", String.valueOf(number), name, engine, result, reason));
    }
  }

  /** The annotation of the method, else of its class or of what that is nested in. */
  private static @Nullable Check check(MethodSource method) {
    Check check = method.getJavaMethod().getAnnotation(Check.class);
    for (Class<?> c = method.getJavaClass();
        check == null && c != null;
        c = c.getEnclosingClass()) {
      check = c.getAnnotation(Check.class);
    }
    return check;
  }

  private static String engine(TestPlan all, TestIdentifier test) {
    Optional<TestIdentifier> at = Optional.of(test);
    while (at.isPresent()) {
      Matcher engine = ENGINE.matcher(at.get().getDisplayName());
      if (isInvocation(at.get()) && engine.find()) {
        return engine.group();
      }
      at = all.getParent(at.get());
    }
    return "";
  }

  /** Whether the display name tells of arguments, and not of a class or method. */
  private static boolean isInvocation(TestIdentifier test) {
    String type = test.getUniqueIdObject().getLastSegment().getType();
    return type.endsWith("-invocation") || type.startsWith("dynamic-");
  }

  @Override
  public void testPlanExecutionFinished(TestPlan finished) {
    if (lines.isEmpty() || !Files.isDirectory(DIRECTORY)) {
      return;
    }
    try {
      Files.write(FILE, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
