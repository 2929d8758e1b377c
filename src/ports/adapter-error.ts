/** A failure at a port: the world did not do what was asked. Unknown means not retryable for actuators. */
export class AdapterError extends Error {
  override readonly name = "AdapterError";
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
