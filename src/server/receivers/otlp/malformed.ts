/** A body that is not what its content type says. The whole request is refused; nothing of it is taken. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}
