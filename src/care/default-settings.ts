import type { Settings } from "../ports/config.ts";
import { settingsDocument, toSettings } from "./schema/settings.ts";

/** What holds where a care repo has no Settings document. */
export const defaultSettings: Settings = toSettings(settingsDocument.shape.spec.parse({}));
