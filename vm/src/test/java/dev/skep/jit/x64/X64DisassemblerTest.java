package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class X64DisassemblerTest {
  /** Text by GNU objdump 2.40. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4889e5               | mov    %rsp,%rbp",
        "0f1f440000           | nopl   0x0(%rax,%rax,1)",
        "0f1f00               | nopl   (%rax)",
        "6690                 | xchg   %ax,%ax",
        "4881ec08000000       | sub    $0x8,%rsp",
        "48c7c7ffffffff       | mov    $0xffffffffffffffff,%rdi",
        "480d00100000         | or     $0x1000,%rax",
        "83c8ff               | or     $0xffffffff,%eax",
        "48b80000000001000000 | movabs $0x100000000,%rax",
        "f04c0fb15df8         | lock cmpxchg %r11,-0x8(%rbp)",
        "f04e0fc16c2608       | lock xadd %r13,0x8(%rsi,%r12,1)",
        "654803042508000000   | add    %gs:0x8,%rax",
        "654c030c2508000000   | add    %gs:0x8,%r9",
        "7405                 | je     0x1007",
        "0f85fbffffff         | jne    0x1001",
        "e8fbffffff           | call   0x1000",
        "400fbec7             | movsbl %dil,%eax",
        "400fbec0             | rex movsbl %al,%eax",
        "4c63680b             | movslq 0xb(%rax),%r13",
        "c4e291f7ff           | shlx   %r13,%rdi,%rdi",
        "c44242f7ed           | sarx   %edi,%r13d,%r13d",
        "488b8cd638010000     | mov    0x138(%rsi,%rdx,8),%rcx",
        "48833821             | cmpq   $0x21,(%rax)",
        "66c1c808             | ror    $0x8,%ax",
        "49d1ed               | shr    %r13",
        "0faee8               | lfence",
        "f3480faeda           | wrgsbase %rdx",
        "488d3d10000000       | lea    0x10(%rip),%rdi        # 0x1017",
        "ffe1                 | jmp    *%rcx",
        "c645ff01             | movb   $0x1,-0x1(%rbp)",
      })
  void printsWhatObjdumpPrints(String hex, String text) {
    byte[] code = HexFormat.of().parseHex(hex);
    StringBuilder out = new StringBuilder();
    assertThat(X64Disassembler.append(out, code, 0, 0x1000)).isEqualTo(code.length);
    assertThat(out.toString()).isEqualTo(text);
  }

  @Test
  void agreesWithObjdumpOnTheGoldenImages(@TempDir Path directory) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Map<String, Object> image : GoldenImages.all()) {
      String hex = (String) Objects.requireNonNull(image.get("jited"));
      all.write(HexFormat.of().parseHex(hex));
    }
    agreesWithObjdump(all.toByteArray(), directory);
  }

  @Test
  void agreesWithObjdumpOnTheRoutines(@TempDir Path directory) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(EntryRoutines.perCpu());
    all.write(EntryRoutines.guarded());
    all.write(EntryRoutines.guardedCallback());
    all.write(EntryRoutines.abort());
    all.write(EntryRoutines.javaFunction(0x7f0012345678L, 0x7f0012340000L));
    all.write(BatchRoutines.repeat());
    all.write(BatchRoutines.contexts());
    all.write(BatchRoutines.xdp());
    all.write(HelperRoutines.random());
    all.write(HelperRoutines.loop());
    all.write(HashRoutines.lookup());
    agreesWithObjdump(all.toByteArray(), directory);
  }

  /** Every form of the assembler with all registers and with displacements at the edges. */
  @Test
  void agreesWithObjdumpOnEveryForm(@TempDir Path directory) throws Exception {
    CodeBuffer code = new CodeBuffer();
    X64Assembler asm = new X64Assembler(code);
    for (int a = 0; a < 16; a++) {
      for (int b = 0; b < 16; b++) {
        for (int w = 0; w <= 1; w++) {
          registerForms(asm, w, a, b);
          memoryForms(asm, w, a, b);
        }
      }
      for (int imm : new int[] {0, 1, -1, 127, 128, -128, -129, Integer.MIN_VALUE}) {
        immediateForms(asm, a, imm);
      }
    }
    agreesWithObjdump(code.copy(), directory);
  }

  private static void registerForms(X64Assembler asm, int w, int a, int b) {
    for (AluOp op : AluOp.values()) {
      asm.alu(op, w, a, b);
    }
    asm.move(w, a, b);
    asm.test(w, a, b);
    asm.multiply(w, a, b);
    asm.moveIfZero(w, a, b);
    for (int digit : new int[] {4, 5, 7}) {
      asm.shiftX(w, digit, a, b);
    }
    asm.moveSignExtended(w, 8, a, b);
    asm.moveSignExtended(w, 16, a, b);
    asm.moveSignExtended(1, 32, a, b);
    asm.zeroExtend16(a);
    asm.rotate16By8(a);
    asm.byteSwap(w, a);
    asm.negate(w, a);
    asm.divide(w, true, a);
    asm.divide(w, false, b);
    asm.signIntoRdx(w);
    asm.push(a);
    asm.pop(b);
    asm.jumpRegister(a);
    asm.callRegister(b);
    asm.readGsBase(a);
    asm.writeGsBase(b);
    asm.readFsBase(a);
    asm.leaRip(a, -b);
  }

  private static void memoryForms(X64Assembler asm, int w, int a, int b) {
    for (int disp : new int[] {0, 1, -1, 127, -128, 128, -129, 32767}) {
      for (int index : new int[] {X64Assembler.NO_INDEX, Gpr.R12}) {
        for (LoadOp op : LoadOp.values()) {
          asm.load(op, a, b, index, disp);
        }
        for (int size : new int[] {1, 2, 4, 8}) {
          asm.store(size, b, index, disp, a);
          asm.storeImmediate(size, b, index, disp, -a);
        }
        for (int opcode : new int[] {0x01, 0x09, 0x21, 0x31, 0x0fc1, 0x0fb1, 0x87}) {
          asm.locked(opcode, w, b, index, disp, a);
        }
      }
      asm.compareMemory(w, b, disp, a);
      asm.aluFromMemory(AluOp.values()[a % 6], w, a, b, Gpr.RCX, disp);
      asm.callMemory(b, disp);
    }
  }

  private static void immediateForms(X64Assembler asm, int a, int imm) {
    for (int w = 0; w <= 1; w++) {
      for (AluOp op : AluOp.values()) {
        asm.aluImmediate(op, w, a, imm);
      }
      asm.testImmediate(w, a, imm);
      asm.multiplyImmediate(w, a, imm);
      for (int digit : new int[] {0, 1, 4, 5, 7}) {
        asm.shiftImmediate(w, digit, a, imm & 63);
        asm.shiftByCl(w, digit, a);
      }
      asm.loadGs(w, a, imm & Integer.MAX_VALUE);
      asm.storeGs(w, imm & Integer.MAX_VALUE, a);
    }
    asm.moveImmediate32(a, imm);
    asm.moveSigned32(a, imm);
    asm.moveImmediate64(a, imm * 0x1_0000_0001L);
    for (int condition = 0x70; condition < 0x80; condition++) {
      asm.jumpIfShort(condition, (byte) imm);
      asm.jumpIfNear(condition, imm >> 8);
    }
    asm.jumpShort((byte) imm);
    asm.jumpNear(imm >> 8);
    asm.call(imm >> 8);
    asm.nop(1 + (a & 7));
    asm.compareGs(8 * a, imm & 127);
    asm.pushGs(8 * a);
    asm.popGs(8 * a);
    asm.leave();
    asm.ret();
    asm.breakpoint();
    asm.endbr64();
    asm.lfence();
  }

  private static void agreesWithObjdump(byte[] code, Path directory) throws Exception {
    Path file = directory.resolve("code.bin");
    Files.write(file, code);
    List<String> theirs = new ArrayList<>();
    for (String line : objdump(file).lines().toList()) {
      if (line.matches("\\s*[0-9a-f]+:\t.*")) {
        // Newer versions name the count of a shift by one.
        theirs.add(line.strip().replace("$1,", ""));
      }
    }
    List<String> ours = new ArrayList<>();
    for (int at = 0; at < code.length; ) {
      StringBuilder out = new StringBuilder(Integer.toHexString(at)).append(":\t");
      at = X64Disassembler.append(out, code, at, at);
      ours.add(out.toString().strip());
    }
    for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++) {
      if (!ours.get(i).equals(theirs.get(i))) {
        assertThat(ours.get(i)).isEqualTo(theirs.get(i));
      }
    }
    assertThat(ours.size()).isEqualTo(theirs.size()).isGreaterThan(100);
  }

  private static String objdump(Path file) throws IOException, InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder(
                  "objdump",
                  "-D",
                  "-b",
                  "binary",
                  "-m",
                  "i386:x86-64",
                  "--no-show-raw-insn",
                  file.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException missing) {
      Assumptions.abort("objdump is not installed: " + missing.getMessage());
      throw missing;
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isZero();
    return text;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "48", "4889", "e80000", "0f", "c4e2", "488b85", "f0f0f0", "0f05", "cd80"})
  void otherBytesAreRefused(String hex) {
    byte[] code = HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> X64Disassembler.append(new StringBuilder(), code, 0, 0))
        .isInstanceOf(MalformedException.class);
  }

  @Test
  void anyBytesArePrintedOrRefused() {
    Random random = new Random(7);
    int printed = 0;
    int refusals = 0;
    for (int i = 0; i < 300_000; i++) {
      byte[] code = new byte[1 + random.nextInt(15)];
      random.nextBytes(code);
      try {
        StringBuilder out = new StringBuilder();
        int end = X64Disassembler.append(out, code, 0, 0);
        printed += end >= 1 && end <= code.length ? 1 : -1_000_000;
      } catch (MalformedException refused) {
        refusals += refused.getMessage().contains("offset") ? 1 : -1_000_000;
      }
    }
    assertThat(printed).isGreaterThan(10_000);
    assertThat(refusals).isGreaterThan(10_000);
  }
}
