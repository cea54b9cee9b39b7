package dev.skep.fuzz;

import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.interp.StepObserver;
import dev.skep.interp.Trap;
import dev.skep.ladder.Behaviour;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.verify.Claims;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds runs of generated programs against what the verifier claimed of them: before each
 * instruction, every register that is still read must lie within one of the states that the
 * verifier stored there. It is held twice: against an ordinary verification, which claims nothing
 * of scalars that the proof does not need, and against a strict one, in which all count. No kernel
 * is asked. For one thread.
 */
public final class Soundness implements AutoCloseable {
  private static final int CPUS = 4;
  private static final int MAX_VIOLATIONS = 20;

  /** Stack that a run may use on both sides of R10: frames of callers, and its own. */
  private static final int CALLERS = 8 * 512;

  private static final int OWN = 512;

  private static final VerifierOptions OPTIONS =
      VerifierOptions.standard().withDialect(Dialect.MAINLINE).withHost(HostFacts.root(CPUS));

  private final int inputs;
  private final Vm vm;
  private final List<String> violations = new ArrayList<>();
  private @Nullable Watch watch;
  private long programs;
  private long runs;
  private long steps;
  private long states;

  /**
   * @param inputs runs of each program
   */
  public Soundness(int inputs) {
    this.inputs = inputs;
    vm = Vm.observed(VmOptions.ofCpus(CPUS).withDialect(Dialect.MAINLINE), this::observer);
  }

  /** Programs that were accepted and run. */
  public long programs() {
    return programs;
  }

  public long runs() {
    return runs;
  }

  /** Instructions whose registers were looked at. */
  public long steps() {
    return steps;
  }

  /** States that the verifier stored for these programs. */
  public long states() {
    return states;
  }

  /** The first violations, one line each: program, instruction, register, claim. */
  public List<String> violations() {
    return List.copyOf(violations);
  }

  /** Verifies and runs the program of a seed, if it is one that runs. */
  public void check(long seed) {
    Sample sample = ProgramGenerator.generate(seed, 0);
    if (!sample.packets().isEmpty()) {
      check(sample.named("seed " + seed), new Dice(Dice.mix(seed)));
    }
  }

  private void check(Sample sample, Dice dice) {
    Verdict verdict = Verifier.verify(sample.program(), OPTIONS);
    if (!(verdict instanceof Verdict.Accepted accepted)) {
      return;
    }
    Claims ordinary = Claims.of(sample.program(), OPTIONS, false);
    Claims strict = Claims.of(sample.program(), OPTIONS, true);
    if (ordinary == null || strict == null) {
      // So many states that it became too complex.
      return;
    }
    states += ordinary.count() + strict.count();
    run(sample, List.of(ordinary, strict), accepted.program(), dice);
  }

  private void run(Sample sample, List<Claims> claims, VerifiedProgram verified, Dice dice) {
    TypeFacts facts = TypeFacts.of(sample.program().type());
    List<byte[]> packets = new ArrayList<>(sample.packets());
    List<byte[]> contexts = new ArrayList<>(sample.contexts());
    while (packets.size() < inputs) {
      Inputs.add(facts, dice, packets, contexts);
    }
    Sample many = sample.withInputs(packets, contexts);
    Watch own = new Watch(many, claims);
    watch = own;
    try (SampleMaps maps = new SampleMaps(vm, many);
        LoadedProgram program = vm.load(verified, maps.maps())) {
      Behaviour.of(program, many, maps);
    } catch (UnsupportedException | RejectedException | BpfErrnoException cannotRun) {
      return;
    } catch (Trap trap) {
      note(many.name() + ": " + trap.getMessage());
    } finally {
      watch = null;
    }
    programs++;
    runs += packets.size();
    steps += own.steps;
  }

  private @Nullable StepObserver observer(RunnableProgram program) {
    Watch now = watch;
    return now != null && program.program().equals(now.sample.program()) ? now : null;
  }

  private void note(String violation) {
    if (violations.size() < MAX_VIOLATIONS) {
      violations.add(violation);
    }
  }

  @Override
  public void close() {
    vm.close();
  }

  /** Looks at the runs of one program. */
  private final class Watch implements StepObserver, Claims.Memory {
    private final Sample sample;
    private final List<Claims> claims;
    private long context;
    private long frame;
    private long steps;
    private boolean failed;

    Watch(Sample sample, List<Claims> claims) {
      this.sample = sample;
      this.claims = claims;
    }

    @Override
    public void before(int insn, long[] registers) {
      steps++;
      frame = registers[10];
      if (insn == 0) {
        context = registers[1];
      }
      for (int i = 0; i < claims.size() && !failed; i++) {
        String violation = claims.get(i).violation(insn, registers, this);
        if (!violation.isEmpty()) {
          failed = true;
          note(sample.name() + ": " + violation);
        }
      }
    }

    @Override
    public long context() {
      return context;
    }

    @Override
    public boolean readable(long address, int bytes) {
      return vm.machine().addressSpace().contains(address, bytes)
          || address >= frame - OWN && address + bytes <= frame + CALLERS;
    }
  }
}
