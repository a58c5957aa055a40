import { setDefaultTimeout, setWorldConstructor } from '@cucumber/cucumber';
import { ProductWorld } from './product-world.ts';

setDefaultTimeout(300_000);
setWorldConstructor(ProductWorld);
