//! What a model is for, and what it is not for.

use crate::DataSheet;

/// What it is for.
pub(super) fn intended_use(sheet: &DataSheet) -> String {
    let commerce = match sheet.forbids_commerce() {
        true => format!(" The licence of the data ({}) forbids commercial use.", sheet.licence),
        false => String::new(),
    };
    format!(
        "## Intended use\n\nFor research, for teaching and for trying Undertone out, with the consent of those who are heard.{commerce}\n\n\
         Out of scope: deciding about people, in hiring, schools, policing, insurance or at work. Recognising emotions of employees \
         and pupils is forbidden in some places (in the European Union by the AI Act, article 5).\n"
    )
}

/// What it may do to people.
pub(super) const ETHICS: &str = "\
## Ethical considerations

- The model hears how something is said, not what is felt. A label is the model's guess about a performance; \
it is no evidence about a person's inner state, and none about honesty, health or character.
- Tell people when their voice is analysed, and ask them first.
";

/// What it is not known to do.
pub(super) const CAVEATS: &str = "\
## Caveats and recommendations

- Clips that differ from the training data were not measured; expect worse figures for spontaneous speech, other languages, \
accents, ages, microphones and noise.
- Errors are uneven over speakers and emotions; see the report before relying on one of them.
- Measure it on speech of your own (`undertone evaluate`) before you believe a figure.
";
