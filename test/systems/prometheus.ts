import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePort } from "../../examples/demo/homeostat.ts";
import type { ShopLayout } from "../../examples/shop/layout.ts";
import { missingOf, startProgram } from "../start-program.ts";

/** The names of the programs that are missing here: Debian's packages of the same names bring them. */
export const missingPrograms = missingOf(["prometheus", "prometheus-alertmanager"]);

export interface Monitoring {
  readonly prometheusUrl: string;
  stop(): Promise<void>;
}

/** What monitoring needs to know: what to scrape, and whom to tell. */
export interface MonitoringOptions {
  readonly dir: string;
  readonly layout: ShopLayout;
  readonly webhookUrl: string;
  readonly token: string;
}

const ratio = `sum by (service, environment) (rate(shop_requests_total{code=~"5.."}[15s]))
  / sum by (service, environment) (rate(shop_requests_total[15s])) > 0.2`;

const rules = {
  groups: [
    {
      name: "shop",
      interval: "1s",
      rules: [
        { alert: "InstanceDown", expr: "up == 0", for: "5s", labels: { severity: "page" } },
        { alert: "HighErrorRatio", expr: ratio, for: "5s", labels: { severity: "page" } },
      ],
    },
  ],
};

const prometheusConfig = (layout: ShopLayout, alertmanager: string) => ({
  global: { scrape_interval: "1s", evaluation_interval: "1s" },
  rule_files: ["rules.yml"],
  alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
  scrape_configs: [
    {
      job_name: "shop",
      static_configs: layout.members
        .filter((m) => m.kind === "service")
        .map((m) => ({
          targets: m.instances.map((i) => `127.0.0.1:${i.port}`),
          labels: { service: m.name, environment: layout.environment },
        })),
    },
  ],
});

const alertmanagerConfig = ({ webhookUrl }: MonitoringOptions) => ({
  route: {
    receiver: "homeostat",
    group_by: ["alertname", "service"],
    group_wait: "1s",
    group_interval: "2s",
    repeat_interval: "1h",
  },
  receivers: [
    {
      name: "homeostat",
      webhook_configs: [
        {
          url: webhookUrl,
          send_resolved: true,
          http_config: { authorization: { credentials_file: "token" } },
        },
      ],
    },
  ],
});

/** A real Prometheus and Alertmanager on the shop, set up as docs/reference/receivers.md says. */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const dir = join(options.dir, "monitoring");
  const [prometheus, alertmanager] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  await mkdir(dir);
  await writeFile(join(dir, "token"), options.token, { mode: 0o600 });
  await writeFile(join(dir, "rules.yml"), stringify(rules));
  await writeFile(join(dir, "prometheus.yml"), stringify(prometheusConfig(options.layout, alertmanager)));
  await writeFile(join(dir, "alertmanager.yml"), stringify(alertmanagerConfig(options)));
  const started = [
    startProgram("prometheus-alertmanager", dir, [
      "--config.file=alertmanager.yml",
      "--storage.path=alertmanager-data",
      `--web.listen-address=${alertmanager}`,
      "--cluster.listen-address=",
    ]),
    startProgram("prometheus", dir, [
      "--config.file=prometheus.yml",
      "--storage.tsdb.path=prometheus-data",
      `--web.listen-address=${prometheus}`,
    ]),
  ];
  const stop = async (): Promise<void> => void (await Promise.all(started.map((s) => s.stop())));
  try {
    for (const [i, address] of [alertmanager, prometheus].entries())
      await started[i]?.ready(`http://${address}/-/ready`, 30_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { prometheusUrl: `http://${prometheus}`, stop };
}
