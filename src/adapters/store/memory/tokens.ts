import type { JsonObject } from "../../../kernel/json.ts";
import type { TokenStore } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

type Token = Parameters<TokenStore["put"]>[0];

const shown = ({ name, scopes, roles }: Token) => ({ name, scopes: [...scopes], roles: [...roles] });

export function memoryTokens(): TokenStore {
  const tokens = new Map<string, Token>();
  const redeemed = new Set<string>();
  const settings = new Map<string, JsonObject>();
  const valid = (sha256: string, singleUse: boolean, nowMs: number): Token | undefined => {
    const token = tokens.get(sha256);
    return token?.singleUse === singleUse && nowMs < (token.expiresAtMs ?? Infinity) ? token : undefined;
  };
  return {
    async put(token) {
      if (!tokens.has(token.sha256)) tokens.set(token.sha256, keep(token));
    },
    async find(sha256, nowMs) {
      const token = valid(sha256, false, nowMs);
      return token && shown(token);
    },
    async redeem(sha256, nowMs) {
      const token = valid(sha256, true, nowMs);
      if (!token || redeemed.has(sha256)) return undefined;
      redeemed.add(sha256);
      return shown(token);
    },
    count: async () => [...tokens.values()].filter((token) => !token.singleUse).length,
    setting: async (key) => settings.get(key),
    async settingOnce(key, value) {
      const kept = settings.get(key) ?? keep(value);
      settings.set(key, kept);
      return kept;
    },
  };
}
