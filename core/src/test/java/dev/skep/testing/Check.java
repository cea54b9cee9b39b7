package dev.skep.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says which numbered checks of docs/tail-call-checks.md or docs/percpu-checks.md a test is for. On
 * a class it holds for all its tests that have none of their own. {@link CheckListener} writes down
 * how each run of such a test ended, and the build makes a table of it, in which no check may be
 * missing.
 *
 * <p>The column of the table is the first engine named in the display name of the test or of what
 * it is in, as {@code [2] engine = "jit-kernel"}: "interp", "jit", "jit-kernel", "linux" or
 * "arm64". What cannot be done on an engine is skipped there by an assumption that says why.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface Check {
  /** Numbers of the checks. */
  int[] value();

  /** The column, of a test that is not run per engine but is of one. */
  String engine() default "";
}
