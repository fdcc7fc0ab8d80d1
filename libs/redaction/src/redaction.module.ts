import { Module } from '@nestjs/common';
import { RequestRedactionModule } from '#http';
import { SettingsModule } from '#settings';
import { Redactor } from './redactor.js';

/** Secrets in what is to be stored are found, and reported, masked or refused. */
@Module({ imports: [SettingsModule, RequestRedactionModule], providers: [Redactor], exports: [Redactor] })
export class RedactionModule {}
