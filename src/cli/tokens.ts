import type { Command } from "commander";
import { connection, request, type ConnectionOptions } from "./client.ts";
import { print } from "./print.ts";
import { withConnection, withExamples } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean; name: string; scope: string[]; role: string[] };

/** `token create` and `login`: credentials for people and machines (K4). */
export function addTokens(program: Command): void {
  const token = program.command("token").description("bearer tokens for people and machines");
  const creating = withConnection(
    token
      .command("create")
      .description("a new token, shown once; it can hold no scope that yours does not")
      .requiredOption("--name <name>", "the person or machine it belongs to")
      .requiredOption("--scope <scope...>", "ingest, read, operate, approve; only a person's token may approve")
      .option("--role <role...>", "roles that approval policies ask for", []),
  ).action(async (options: Options) => {
    const made = await request<{ name: string; token: string }>(await connection(options), "POST", "/api/v1/tokens", {
      name: options.name,
      scopes: options.scope,
      roles: options.role,
    });
    print(options.json ?? false, made, () => [made.token]);
  });
  withExamples(
    creating,
    "homeostat token create --name prometheus --scope ingest",
    "homeostat token create --name ada --scope read operate approve --role approver",
  );
  const login = withConnection(
    program.command("login").description("a one-time link to the page; works once, for ten minutes"),
  ).action(async (options: ConnectionOptions & { json?: boolean }) => {
    const { path } = await request<{ path: string }>(await connection(options), "POST", "/api/v1/login-links");
    const link = new URL(path, (await connection(options)).url).href;
    print(options.json ?? false, { link }, () => [link]);
  });
  withExamples(login, "homeostat login");
}
