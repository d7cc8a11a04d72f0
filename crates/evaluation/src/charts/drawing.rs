//! A picture as inline SVG.

use std::fmt::Write;

/// Every chart is as wide as this, in the picture's own units, so that text is of one size in all of them
/// and stays legible on a telephone.
pub(crate) const WIDTH: f64 = 360.0;

/// A rectangle, from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// What a picture tells, for those who hear it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// A few words.
    pub(crate) title: &'a str,
    /// What there is to see, in one sentence.
    pub(crate) summary: &'a str,
}

/// Shapes in the order in which they are drawn. Colours come from the classes of the page's style.
#[derive(Debug)]
pub(crate) struct Drawing {
    height: f64,
    shapes: String,
}

impl Drawing {
    pub(crate) const fn new(height: f64) -> Self {
        Self { height, shapes: String::new() }
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.add(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        ));
    }

    pub(crate) fn path(&mut self, points: &[(f64, f64)], class: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.add(format_args!(r#"<polyline class="{class}" points="{}"/>"#, points.join(" ")));
    }

    /// A rectangle that says `tip` when it is pointed at.
    pub(crate) fn rectangle(&mut self, area: Area, class: &str, tip: &str) {
        let Area { left, top, width, height } = area;
        let tip = escaped(tip);
        self.add(format_args!(
            r#"<rect class="{class}" x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}"><title>{tip}</title></rect>"#
        ));
    }

    /// A rectangle whose colour is `strength` strong, from 0 to 1.
    pub(crate) fn cell(&mut self, area: Area, strength: f64, tip: &str) {
        let Area { left, top, width, height } = area;
        let tip = escaped(tip);
        self.add(format_args!(
            r#"<rect class="cell" fill-opacity="{strength:.3}" x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" rx="2"><title>{tip}</title></rect>"#
        ));
    }

    /// A dot that says `tip` when it is pointed at.
    pub(crate) fn dot(&mut self, (x, y): (f64, f64), radius: f64, class: &str, tip: &str) {
        let tip = escaped(tip);
        self.add(format_args!(
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"><title>{tip}</title></circle>"#
        ));
    }

    /// Text on a base line at `y`; the classes `start`, `middle` and `end` say where `x` is.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), class: &str, text: &str) {
        let text = escaped(text);
        self.add(format_args!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{text}</text>"#));
    }

    /// Text that is read upwards, centred on `y`.
    pub(crate) fn upward_text(&mut self, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        self.add(format_args!(
            r#"<text class="axis middle" transform="translate({x:.1} {y:.1}) rotate(-90)">{text}</text>"#
        ));
    }

    /// Text that rises to the right.
    pub(crate) fn slanted_text(&mut self, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        self.add(format_args!(
            r#"<text class="label start" transform="translate({x:.1} {y:.1}) rotate(-45)">{text}</text>"#
        ));
    }

    /// The SVG element.
    pub(crate) fn finish(self, about: About<'_>) -> String {
        let (title, summary) = (escaped(about.title), escaped(about.summary));
        format!(
            "<svg role=\"img\" viewBox=\"0 0 {WIDTH} {:.0}\" aria-label=\"{title}. {summary}\">{}</svg>",
            self.height, self.shapes
        )
    }

    fn add(&mut self, shape: std::fmt::Arguments<'_>) {
        self.shapes.write_fmt(shape).expect("writing to a String succeeds");
    }
}

/// `text` as it may stand in HTML, inside an element or a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_text_cannot_leave_its_element() {
        let mut drawing = Drawing::new(10.0);
        drawing.text((0.0, 0.0), "axis", "<script>&\"");
        let svg = drawing.finish(About { title: "\"><b>", summary: "s" });
        assert!(
            svg.contains("&lt;script&gt;&amp;&quot;") && !svg.contains("<script>") && !svg.contains("<b>")
        );
    }
}
