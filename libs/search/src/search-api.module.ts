import { Module } from '@nestjs/common';
import { SearchController } from './http/search.controller.js';
import { SearchModule } from './search.module.js';

/** The HTTP face of search. */
@Module({ imports: [SearchModule], controllers: [SearchController] })
export class SearchApiModule {}
