import type { Metadata, Revision } from '#kernel';

/** What happens to a secret that a text to be stored holds: nothing; it is reported; it is replaced; the text is refused. */
export const redactionModes = ['off', 'report', 'mask', 'refuse'] as const;

/** What is looked for. Each stands for a group of patterns. */
export type RedactionDetector = 'apiKeys' | 'privateKeys' | 'cards' | 'ibans' | 'emails' | 'phones';

export interface RedactionSettings {
  readonly mode: (typeof redactionModes)[number];
  readonly detectors: Readonly<Record<RedactionDetector, boolean>>;
}

/** What holds in a workspace. Every field has a value where nobody has set it. */
export interface WorkspaceSettings {
  readonly redaction: RedactionSettings;
  /** A JSON Schema (draft 2020-12) that preferences of users have to fit; null: they are free. */
  readonly preferenceSchema: Metadata | null;
}

/** Of each setting, what was set; absent: the default holds. */
export interface SettingsChoice {
  readonly redaction?: {
    readonly mode?: RedactionSettings['mode'];
    readonly detectors?: Partial<RedactionSettings['detectors']>;
  };
  readonly preferenceSchema?: Metadata;
}

/** As it was read. */
export interface StoredSettings {
  readonly choice: SettingsChoice;
  /** Another one after each change, and none that was there before; null: nothing was ever set. */
  readonly revision: Revision | null;
  readonly updatedAt: Date | null;
}

/** A change: what is absent stays, null is the default again. */
export interface SettingsPatch {
  readonly redaction?: {
    readonly mode?: RedactionSettings['mode'] | null | undefined;
    readonly detectors?: Partial<Record<RedactionDetector, boolean | null>> | null | undefined;
  } | null;
  /** Replaces the one that is there: parts of two schemas are none. */
  readonly preferenceSchema?: Metadata | null | undefined;
}

/** E-mail addresses and phone numbers are what people talk about: they are looked for where that was asked for. */
const DEFAULT_REDACTION: RedactionSettings = {
  mode: 'report',
  detectors: { apiKeys: true, privateKeys: true, cards: true, ibans: true, emails: false, phones: false },
};

/** What was set, completed by the defaults. */
export function settingsOf({ redaction, preferenceSchema }: SettingsChoice): WorkspaceSettings {
  return {
    redaction: {
      mode: redaction?.mode ?? DEFAULT_REDACTION.mode,
      detectors: { ...DEFAULT_REDACTION.detectors, ...redaction?.detectors },
    },
    preferenceSchema: preferenceSchema ?? null,
  };
}
