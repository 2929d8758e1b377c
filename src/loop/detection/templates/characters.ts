/** What a character does in a log line. Everything beyond ASCII is a letter; control characters are blanks. */
export const character = { letter: 0, digit: 1, joiner: 2, blank: 3, delimiter: 4 } as const;

/** Characters that part words. The set is that of the corrected loghub templates (Khan et al., ICSE 2022), less those that join. */
const delimiters = ",;:=|\"'()[]{}!";
const joiners = ".-/\\@#$%&+*~^?<>`";

const kinds = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const text = String.fromCharCode(code);
  if (code <= 32 || code === 127) kinds[code] = character.blank;
  else if (text >= "0" && text <= "9") kinds[code] = character.digit;
  else if (delimiters.includes(text)) kinds[code] = character.delimiter;
  else if (joiners.includes(text)) kinds[code] = character.joiner;
}

export const kindOf = (code: number): number => (code < 128 ? (kinds[code] as number) : character.letter);

/** Characters that are looked for one by one, by their code. */
export const code = {
  quote: 34,
  apostrophe: 39,
  open: 40,
  close: 41,
  slash: 47,
  dot: 46,
  colon: 58,
  less: 60,
  equals: 61,
  greater: 62,
  minus: 45,
} as const;
