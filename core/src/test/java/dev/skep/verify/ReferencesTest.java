package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The references of a state: their order is part of what states are compared by. */
class ReferencesTest {
  @Test
  void releasingKeepsTheOrderOfTheOthers() {
    State state = new State();
    state.acquire(State.REF_PTR, 3, 10);
    state.acquire(State.REF_PTR, 5, 20);
    state.acquire(State.REF_PTR, 7, 30);

    assertThat(state.release(3)).isTrue();

    assertThat(state.refCount).isEqualTo(2);
    assertThat(state.refId).startsWith(5, 7);
    assertThat(state.refInsn).startsWith(20, 30);
    assertThat(state.holds(3)).isFalse();
  }

  @Test
  void whatIsNotHeldCannotBeReleased() {
    State state = new State();
    state.acquire(State.REF_PTR, 3, 10);

    assertThat(state.release(4)).isFalse();
    assertThat(state.refCount).isEqualTo(1);
  }
}
