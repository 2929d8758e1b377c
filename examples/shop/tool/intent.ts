import { appendLine } from "../files.ts";
import type { ShopLayout } from "../layout.ts";
import type { Intent } from "../supervisor/ledger.ts";

/** Says what the shop itself is about to do, so that its ledger tells its own doing from others'. */
export const announce = (layout: ShopLayout, intent: Intent): void => appendLine(layout.intentsFile, intent);
