/** Signs audit checkpoints with Ed25519. The private key never leaves the adapter. */
export interface Signer {
  /** The key's name in signed notes, also the log's origin. */
  readonly name: string;
  /** Raw 32-byte Ed25519 public key. */
  readonly publicKey: Uint8Array;
  /** 64-byte Ed25519 signature. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
