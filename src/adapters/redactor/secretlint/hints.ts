/**
 * Something every rule's match has in it. Most texts have none, and then no rule needs to run. A test keeps this true for
 * each rule of the preset, and fails when an upgrade brings a rule that is not thought of here.
 */
const hints = [
  // personal data, URLs with credentials, connection strings, webhooks
  "@",
  "%40",
  "://",
  "hooks\\.slack",
  // assignments and headers
  "pass(?:word|wd|phrase)?[\"']?[ \\t]*[:=]",
  "pwd[\"']?[ \\t]*[:=]",
  "secret",
  "token",
  "api[._-]?key",
  "access[._-]?key",
  "private[._ -]?key",
  "credential",
  "session[._-]?id",
  "cookie",
  "authorization",
  "bearer ",
  "basic ",
  "account",
  "BEGIN [A-Z ]*PRIVATE",
  // prefixes of well-known tokens
  "A3T|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA|ABIA|ACCA",
  "gh[pousr]_",
  "github_pat_",
  "gl[a-z]{2,5}-",
  "xox[a-z]",
  "xapp-",
  "npm_",
  "[sr]k_(?:live|test)_",
  "whsec_",
  "AIza",
  "GOCSPX-",
  "ya29\\.",
  "sk-",
  "eyJ",
  "SG\\.",
  "shp(?:pa|ca|at|ss)_",
  "gl(?:c|sa)_",
  "gsk_",
  "hf_",
  "lin_api_",
  "ntn_",
  "ops_ey",
  "hv[sbr]\\.",
  "vc[piark]_",
  "dapi",
  "dckr_pat_",
  "figd_",
  "cf(?:k|ut|at)_",
  "tskey-",
].join("|");

const hint = new RegExp(hints, "i");

export const mayHoldSecret = (text: string): boolean => hint.test(text);
