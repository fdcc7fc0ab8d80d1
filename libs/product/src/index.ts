export { productRoot, productVersion } from './product.js';
