import type { Page } from "playwright-core";

/** Sizes of all texts, in pixels as they are drawn. */
export function fontSizes(page: Page): Promise<number[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("main *")]
      .filter((each) => [...each.childNodes].some(({ nodeType }) => nodeType === Node.TEXT_NODE))
      .map((each) => {
        const scale = each instanceof SVGGraphicsElement ? (each.getScreenCTM()?.a ?? 1) : 1;
        return parseFloat(getComputedStyle(each).fontSize) * scale;
      }),
  );
}

/** Contrast of all HTML texts with what is behind them, as WCAG defines it. */
export function contrasts(page: Page): Promise<{ text: string; ratio: number }[]> {
  return page.evaluate(() => {
    // A canvas converts every notation of a colour.
    const canvas = document.createElement("canvas").getContext("2d");
    const rgba = (colour: string): number[] => {
      if (canvas === null) {
        throw new Error("no canvas");
      }
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour: string): number => {
      const [red = 0, green = 0, blue = 0] = rgba(colour).map((each) =>
        each <= 10 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element: Element | null): string => {
      const colour = element === null ? "#fff" : getComputedStyle(element).backgroundColor;
      return element === null || rgba(colour)[3] === 255 ? colour : behind(element.parentElement);
    };
    return [...document.querySelectorAll<HTMLElement>("main *")]
      .filter((each) => each instanceof HTMLElement && each.innerText.trim() !== "")
      .map((each) => {
        const [low = 0, high = 0] = [
          luminance(getComputedStyle(each).color),
          luminance(behind(each)),
        ].toSorted((a, b) => a - b);
        return { text: each.innerText.slice(0, 40), ratio: (high + 0.05) / (low + 0.05) };
      });
  });
}
