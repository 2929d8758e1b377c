import { expect, test } from "vitest";
import { isAddress, maskAddress, maskAddresses } from "./mask-address.ts";

test.each([
  ["https://ada:s3cr3t@host/care.git", "https://ada:***@host/care.git"],
  ["https://s3cr3t@host/care.git#main", "https://***@host/care.git#main"],
  ["http://ada:s3/c:r3t@host/x", "http://ada:***@host/x"],
  ["https://ada:s3 c@r3t@host/x", "https://ada:***@host/x"],
  ["https://host/care.git?private_token=s3cr3t#main", "https://host/care.git?***#main"],
  ["ssh://git:s3cr3t@host/care", "ssh://git:***@host/care"],
  ["ada:s3cr3t@host:care", "ada:***@host:care"],
  ["ssh://git@host/care", "ssh://git@host/care"],
  ["git@host:care.git", "git@host:care.git"],
  ["https://host/care.git", "https://host/care.git"],
  ["file:///srv/care", "file:///srv/care"],
])("`%s` may be shown as `%s`", (address, shown) => {
  expect(maskAddress(address)).toBe(shown);
  expect(isAddress(address)).toBe(true);
});

test("addresses within the words of Git are masked", () => {
  const said = "fatal: unable to access 'https://ada:s3cr3t@host/care.git/': no host";
  expect(maskAddresses(said)).toBe("fatal: unable to access 'https://ada:***@host/care.git/': no host");
});

test("folders are no addresses", () => {
  expect(["care", "./care", "/srv/a@b:c", "/srv/care"].some(isAddress)).toBe(false);
});
