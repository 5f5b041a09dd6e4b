"""What the merchant sells, and what goes with what."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES = ["Coffee beans", "Tea", "Brewing", "Machines", "Office", "Gifts"]
"""Order matters: preferences of customers are weights in this order."""


@dataclass(frozen=True)
class Item:
    """A product, its first price in yuan, how popular it is, and its companions by code."""

    sku: str
    name: str
    category: str
    price: float
    weight: float
    goes_with: tuple[str, ...] = ()
    kind: str = "goods"


def _items(category: str, *rows: tuple[str, str, float, float, str]) -> list[Item]:
    return [Item(sku, name, category, price, weight, tuple(mates.split())) for sku, name, price, weight, mates in rows]


ITEMS: list[Item] = [
    *_items(
        "Coffee beans",
        ("BEAN-ETH-1", "Ethiopia 1 kg", 168, 9, "FIL-100 GRIND-M"),
        ("BEAN-ETH-250", "Ethiopia 250 g", 52, 8, "FIL-100 DRIP-1"),
        ("BEAN-COL-1", "Colombia 1 kg", 148, 8, "FIL-100 DRIP-1"),
        ("BEAN-COL-250", "Colombia 250 g", 46, 6, "FIL-100"),
        ("BEAN-YUN-1", "Yunnan 1 kg", 128, 8, "FIL-100 SCALE"),
        ("BEAN-YUN-250", "Yunnan 250 g", 40, 7, "FIL-100"),
        ("BEAN-ESP-1", "House espresso 1 kg", 138, 10, "CLEAN-1 MILK-J"),
        ("BEAN-DEC-500", "Decaf 500 g", 82, 3, "FIL-100"),
        ("BEAN-SUM-250", "Sumatra 250 g", 48, 3, "FIL-100"),
        ("COLD-CON", "Cold brew concentrate 1 l", 58, 4, "COLD-KIT"),
        ("BEAN-KEN-250", "Kenya 250 g", 56, 4, "DRIP-1 KETTLE"),
        ("BEAN-GEI-100", "Geisha 100 g", 128, 1.5, "KETTLE SCALE"),
    ),
    *_items(
        "Tea",
        ("TEA-LONG-100", "Longjing 100 g", 98, 7, "TEA-POT TEA-CUP"),
        ("TEA-PUER-357", "Pu'er cake 357 g", 188, 4, "TEA-KNIFE TEA-POT"),
        ("TEA-OOL-150", "Oolong 150 g", 88, 6, "TEA-CUP"),
        ("TEA-JAS-100", "Jasmine 100 g", 48, 6, "TEA-CUP"),
        ("TEA-EARL-50", "Earl Grey 50 bags", 42, 5, "TEA-STR"),
        ("TEA-WHITE-50", "White tea 50 g", 118, 2, "TEA-POT"),
        ("TEA-POT", "Clay teapot", 268, 2, "TEA-CUP TEA-LONG-100"),
        ("TEA-CUP", "Tea cups, set of 4", 128, 3, "TEA-POT"),
        ("TEA-STR", "Tea strainer", 28, 2, "TEA-EARL-50"),
        ("TEA-KNIFE", "Pu'er knife", 38, 1, "TEA-PUER-357"),
    ),
    *_items(
        "Brewing",
        ("FIL-100", "Paper filters, 100", 22, 8, "DRIP-1"),
        ("DRIP-1", "Ceramic dripper", 78, 3, "FIL-100 KETTLE"),
        ("KETTLE", "Gooseneck kettle", 298, 2, "DRIP-1 SCALE"),
        ("SCALE", "Coffee scale", 188, 2, "KETTLE"),
        ("GRIND-M", "Hand grinder", 328, 2, "SCALE BEAN-ETH-250"),
        ("COLD-KIT", "Cold brew kit", 158, 3, "COLD-CON BEAN-ETH-1"),
        ("PRESS", "French press", 138, 2, "BEAN-COL-250"),
        ("MILK-J", "Milk jug", 68, 2, "BEAN-ESP-1"),
        ("CLEAN-1", "Machine cleaner", 46, 3, "BEAN-ESP-1 DESC-1"),
        ("DESC-1", "Descaler", 38, 3, "CLEAN-1"),
    ),
    *_items(
        "Machines",
        ("GRIND-E", "Electric grinder", 1280, 1.2, "CLEAN-1 BEAN-ESP-1"),
        ("ESP-HOME", "Espresso machine Home", 3280, 0.8, "GRIND-E DESC-1 BEAN-ESP-1"),
        ("ESP-PRO", "Espresso machine Pro", 12800, 0.25, "GRIND-E CLEAN-1"),
        ("BREW-BATCH", "Batch brewer", 2480, 0.5, "FIL-500 BEAN-COL-1"),
    ),
    *_items(
        "Office",
        ("FIL-500", "Paper filters, 500", 88, 4, "BEAN-COL-1"),
        ("CUP-1000", "Paper cups, 1000", 198, 5, "LID-1000 BEAN-ESP-1"),
        ("LID-1000", "Lids, 1000", 98, 4, "CUP-1000"),
        ("SUGAR-500", "Sugar sticks, 500", 48, 3, "CUP-1000"),
        ("OAT-12", "Oat milk, 12 cartons", 178, 4, "BEAN-ESP-1"),
        ("SNACK-BOX", "Office snack box", 258, 3, "CUP-1000"),
    ),
    *_items(
        "Gifts",
        ("GIFT-TASTE", "Tasting box", 168, 3, "CARD"),
        ("GIFT-MOON", "Mid-autumn tea box", 298, 1.5, "CARD"),
        ("GIFT-NY", "New year box", 398, 1.5, "CARD"),
        ("MUG", "Enamel mug", 58, 3, "BEAN-ETH-250"),
        ("CARD", "Greeting card", 12, 2, "GIFT-TASTE"),
    ),
    Item("SUB-OFFICE", "Office subscription, month", "Office", 880, 1.2, ("CUP-1000",), "service"),
    Item("TRAIN", "Barista training, half day", "Machines", 1200, 0.3, ("ESP-PRO",), "service"),
]
SHIPPING = Item("SHIP", "Shipping", "", 12, 0, (), "adjustment")
"""Counts in cash, never in baskets."""
