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
