package dev.skep.map;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Work that has to wait for runs and was asked for inside one: each piece gets a thread of its own
 * (the kernel's work queue). It is rare.
 */
final class DeferredWork {
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  void start(Runnable work) {
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("skep-deferred")
            .unstarted(() -> {
              try {
                work.run();
              } finally {
                threads.remove(Thread.currentThread());
              }
            });
    threads.add(thread);
    thread.start();
  }

  /** Waits until all work that was started is done. */
  void await() {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException asked) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
