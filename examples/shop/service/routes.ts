import type { MemberName } from "../layout.ts";
import type { Route, ShopFloor } from "./shop-floor.ts";

const productIds = Array.from({ length: 24 }, (_, i) => String(i + 1));

const gateway: Route[] = [
  {
    method: "GET",
    pattern: "/",
    answer: async (_, floor) => {
      // The front page needs both parts: either one missing spoils it.
      const [featured, badge] = await Promise.all([
        floor.call("catalogue", "GET", "/featured"),
        floor.call("cart", "GET", "/carts/visitor"),
      ]);
      return { featured: featured.body, cart: badge.body };
    },
  },
  {
    method: "GET",
    pattern: "/products",
    answer: async (_, floor) => (await floor.call("catalogue", "GET", "/products")).body,
  },
  {
    method: "GET",
    pattern: "/products/:id",
    answer: async ({ params }, floor) => (await floor.call("catalogue", "GET", `/products/${params.id}`)).body,
  },
  {
    method: "GET",
    pattern: "/cart/:user",
    answer: async ({ params }, floor) => (await floor.call("cart", "GET", `/carts/${params.user}`)).body,
  },
  {
    method: "POST",
    pattern: "/cart/:user",
    answer: async ({ params, body }, floor) =>
      (await floor.call("cart", "POST", `/carts/${params.user}/items`, body)).body,
  },
  {
    method: "POST",
    pattern: "/checkout/:user",
    answer: async ({ params }, floor) => (await floor.call("checkout", "POST", `/orders/${params.user}`)).body,
  },
];

const catalogue: Route[] = [
  {
    method: "GET",
    pattern: "/featured",
    answer: async (_, floor) => {
      await floor.work(2);
      return floor.read("products/1");
    },
  },
  {
    method: "GET",
    pattern: "/products",
    answer: async (_, floor) => {
      if (floor.isOn("newRanking")) await rankByPopularity(floor);
      await floor.work(3);
      return { products: productIds, best: await floor.read("products/2") };
    },
  },
  {
    method: "GET",
    pattern: "/products/:id",
    answer: async ({ params }, floor) => {
      if (floor.isOn("newRanking")) await rankByPopularity(floor);
      return floor.read(`products/${params.id}`);
    },
  },
];

/** The bug behind `newRanking`: it sorts by a field that not every product has, and slowly. */
async function rankByPopularity(floor: ShopFloor): Promise<void> {
  await floor.work(350 + 500 * floor.random());
  if (floor.random() < 0.35) throw new Error("ranking failed: cannot read popularity of undefined");
}

const cart: Route[] = [
  { method: "GET", pattern: "/carts/:user", answer: async ({ params }, floor) => cartOf(params.user ?? "", floor) },
  {
    method: "POST",
    pattern: "/carts/:user/items",
    answer: async ({ params, body }, floor) => {
      const items = [...(await cartOf(params.user ?? "", floor)).items, body].slice(-5);
      await floor.write(`carts/${params.user}`, items);
      return { items };
    },
  },
];

async function cartOf(user: string, floor: ShopFloor): Promise<{ items: unknown[] }> {
  // The bug behind `asyncCart`: the write-behind cache loses entries before they are stored.
  if (floor.isOn("asyncCart") && floor.random() < 0.6) throw new Error("cart entry lost before it was written");
  const items = await floor.read(`carts/${user}`);
  return { items: Array.isArray(items) ? items : [] };
}

const checkout: Route[] = [
  {
    method: "POST",
    pattern: "/orders/:user",
    answer: async ({ params }, floor) => {
      const basket = await floor.call("cart", "GET", `/carts/${params.user}`);
      // The bug behind `expressCheckout`: it trusts a stored address that most users do not have.
      if (floor.isOn("expressCheckout") && floor.random() < 0.7) throw new Error("express checkout without an address");
      const charge = await floor.call("payment", "POST", "/charges", { user: params.user, amount: 10 });
      await floor.write(`orders/${params.user}`, { basket: basket.body, charge: charge.body });
      return { order: params.user };
    },
  },
];

const payment: Route[] = [
  {
    method: "POST",
    pattern: "/charges",
    answer: async (_, floor) => {
      await floor.work(10 + 15 * floor.random());
      return { charged: true };
    },
  },
];

export const routesOf: Readonly<Record<MemberName, readonly Route[]>> = {
  gateway,
  catalogue,
  cart,
  checkout,
  payment,
  store: [],
};
