"""Curves on logarithmic axes, as an SVG."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 460, 320, 60, 46, 34, 14
COLOURS = ("#1f6fb4", "#d1495b", "#2e8b57", "#8a5fbf", "#c98a1b", "#555555", "#17a2a8", "#a8577e", "#7a8b2e", "#222222")


class Axis:
    """From whole power of ten to whole power of ten."""

    def __init__(self, values, start, end):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start, self.end = start, end

    def place(self, value):
        return self.start + (self.end - self.start) * (math.log10(value) - self.low) / (self.high - self.low)

    def marks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def text(x, y, words, anchor="middle", size=11):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d">%s</text>' % (x, y, anchor, size, escape(words))


def rule(x1, y1, x2, y2, colour="#dddddd"):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>' % (x1, y1, x2, y2, colour)


def panel(title, across, up, curves):
    """CURVES: name to a list of points."""
    points = [point for curve in curves.values() for point in curve]
    x, y = Axis([one for one, _ in points], LEFT, WIDTH - RIGHT), Axis([one for _, one in points], HEIGHT - BOTTOM, TOP)
    parts = [text(WIDTH / 2, 18, title, size=13)]
    for mark in x.marks():
        parts += [rule(x.place(mark), y.start, x.place(mark), y.end), text(x.place(mark), y.start + 16, "%g" % mark)]
    for mark in y.marks():
        parts += [rule(x.start, y.place(mark), x.end, y.place(mark)), text(x.start - 6, y.place(mark) + 4, "%g" % mark, "end")]
    parts += [text(WIDTH / 2, HEIGHT - 10, across), text(14, 18, up, "start")]
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [(x.place(one), y.place(other)) for one, other in curve]
        parts.append('<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>' % (colour, " ".join("%.1f,%.1f" % place for place in places)))
        parts += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (place + (colour,)) for place in places]
        parts.append('<g fill="%s">%s</g>' % (colour, text(x.start + 8, y.end + 14 + 14 * number, name, "start")))
    return "\n".join(parts)


def write(path, panels):
    """Two panels to a row."""
    rows = (len(panels) + 1) // 2
    with open(path, "w") as out:
        out.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">\n' % (2 * WIDTH, rows * HEIGHT))
        out.write('<rect width="100%" height="100%" fill="white"/>\n')
        for number, one in enumerate(panels):
            out.write('<g transform="translate(%d,%d)">\n%s\n</g>\n' % (number % 2 * WIDTH, number // 2 * HEIGHT, one))
        out.write("</svg>\n")
