/** How to show who one is: a token, or `user:password`. Each is only named, as `env:NAME` or `file:PATH` (K5). */
export interface CredentialRef {
  readonly bearer?: string;
  readonly basic?: string;
}
