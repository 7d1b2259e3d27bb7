/** A failure of a network or a service that may pass: the unit is tried again, and no clip is blamed. */
export class PassingFailure extends Error {
  override readonly name = "PassingFailure";
}
