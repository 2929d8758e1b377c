import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { AdapterError } from "../../../ports/adapter-error.ts";

const run = promisify(execFile);
const userName = "postgres";

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Whom Postgres runs as: undefined for ourselves; as root, which Postgres refuses to be, the user `postgres`, made when missing. */
export async function databaseUser(): Promise<UserIds | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return idsOf().catch(async () => {
    await makeUser();
    return idsOf().catch((cause: unknown) => {
      throw new AdapterError(
        "no-user",
        `Postgres does not run as root, and the user \`${userName}\` could not be made: run as another user, or give --database-url`,
        { cause },
      );
    });
  });
}

const idsOf = async (): Promise<UserIds> => ({
  uid: Number((await run("id", ["-u", userName])).stdout),
  gid: Number((await run("id", ["-g", userName])).stdout),
});

async function makeUser(): Promise<void> {
  await run("groupadd", ["--system", "--force", userName]).catch(() => undefined);
  const flags = ["--system", "--gid", userName, "--no-create-home", "--shell", "/usr/sbin/nologin"];
  await run("useradd", [...flags, userName]).catch(() => undefined);
}

/** Whether that user can do what a shell test says with a path; by trying, since modes alone do not tell. */
export const userCan = (user: UserIds | undefined, test: string, path: string): Promise<boolean> =>
  run("/bin/sh", ["-c", test, "sh", path], { ...user, cwd: "/" }).then(
    () => true,
    () => false,
  );
