/**
 * Keeps ONNX Runtime for Node from reporting about its use. From version 1.30 on it writes a
 * lasting device id and queued events into the user's cache folder when it is loaded, and uploads
 * them later; `ORT_DISABLE_TELEMETRY=1` in the process's environment stops both
 * (onnxruntime/core/platform/posix/telemetry.cc). The native code reads the environment of the
 * process, which a worker thread cannot change: it has a copy. So this is called on the thread that
 * starts workers, before any of them loads the library.
 */
export function quietOrt(): void {
  process.env.ORT_DISABLE_TELEMETRY = "1";
}
