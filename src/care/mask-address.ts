// Upholds I10: what an address holds of a password is never shown.

const mask = "***";

/** Whether a care repo is named by an address and not by a folder, whatever one thinks of the address. */
export const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^[^/]+@[^/]+:/.test(text);

/** An address that may be shown: passwords, tokens given as a user, and queries are masked. SSH needs its user, and no password. */
export function maskAddress(address: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*:\/{1,2})?(.*)$/is.exec(address) ?? [];
  const at = rest.lastIndexOf("@");
  const user = rest.slice(0, Math.max(0, at));
  const host = rest.slice(at + 1).replace(/\?[^#]*/, `?${mask}`);
  if (at < 0) return scheme + host;
  const colon = user.indexOf(":");
  if (colon >= 0) return `${scheme}${user.slice(0, colon)}:${mask}@${host}`;
  return /^https?:/i.test(scheme) ? `${scheme}${mask}@${host}` : `${scheme}${user}@${host}`;
}

/** A text of others, such as an error of Git, with every address in it masked. */
export const maskAddresses = (text: string): string =>
  text.replaceAll(/[a-z][a-z0-9+.-]*:\/{1,2}[^\s'"`]+/gi, (address) => maskAddress(address));
