/*
 * A plugin of QEMU (API version 1) that counts how often each instruction of the first 4 MB runs,
 * and writes "address count" lines, in hexadecimal and decimal, to the file given as out=. QEMU's
 * packages have no header for it, so what is used of the API is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, enum qemu_plugin_op,
                                                void *, uint64_t);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);

#define EXPORT __attribute__((visibility("default")))
#define CODE_BYTES (4u << 20)

EXPORT int qemu_plugin_version = 1;
static uint64_t counts[CODE_BYTES / 2], elsewhere;
static char out[1024];

static void translated(plugin_id id, struct qemu_plugin_tb *block) {
  (void)id;
  for (size_t i = 0, n = qemu_plugin_tb_n_insns(block); i < n; i++) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    const uint64_t at = qemu_plugin_insn_vaddr(instruction);
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64,
                                               at < CODE_BYTES ? &counts[at / 2] : &elsewhere, 1);
  }
}

static void ended(plugin_id id, void *unused) {
  (void)id, (void)unused;
  FILE *file = fopen(out, "w");
  for (size_t i = 0; file && i < CODE_BYTES / 2; i++)
    if (counts[i]) fprintf(file, "%zx %" PRIu64 "\n", i * 2, counts[i]);
  if (file) fclose(file);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int count, char **args) {
  (void)info;
  for (int i = 0; i < count; i++)
    if (strncmp(args[i], "out=", 4) == 0) snprintf(out, sizeof out, "%s", args[i] + 4);
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
