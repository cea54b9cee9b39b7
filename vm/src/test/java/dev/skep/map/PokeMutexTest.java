package dev.skep.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PokeMutexTest {
  private final PokeMutex mutex = new PokeMutex();
  private final List<String> done = new ArrayList<>();

  @Test
  void runsAtOnceWhatFindsItFree() {
    mutex.whenFree(() -> done.add("action"));
    assertThat(done).containsExactly("action");
  }

  /**
   * A change that waits for a grace period frees programs, which leave the array it is changing.
   */
  @Test
  void theHolderItselfWaitsUntilItHasLetGo() {
    mutex.acquire(false);
    mutex.whenFree(() -> done.add("action"));
    assertThat(done).isEmpty();
    mutex.release();
    assertThat(done).containsExactly("action");
  }

  @Test
  void anActionMayLeaveAnother() {
    mutex.whenFree(() -> {
      mutex.whenFree(() -> done.add("second"));
      done.add("first");
    });
    assertThat(done).containsExactly("first", "second");
  }

  @Test
  void theHolderRunsWhatOthersHaveLeft() throws InterruptedException {
    mutex.acquire(false);
    Thread other = Thread.ofPlatform().start(() -> mutex.whenFree(() -> done.add("action")));
    other.join();
    assertThat(done).isEmpty();
    mutex.release();
    assertThat(done).containsExactly("action");
  }
}
