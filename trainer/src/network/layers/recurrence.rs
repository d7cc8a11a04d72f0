//! An LSTM layer (Hochreiter and Schmidhuber 1997), in one direction or in both (Schuster and Paliwal 1997).

use crate::network::activation::{sigmoid, tanh};
use crate::network::gradients::Gradients;
use crate::network::matrix::{Matrix, multiply};
use crate::network::parallel::{each, sum, vectorised};
use crate::network::pass::Pass;
use crate::network::shape::Context;
use crate::network::signal::Signal;
use crate::{Parameters, Random, Role};
use faer::Accum;
use std::ops::Range;

/// Gates in ONNX's order: input, output, forget, cell.
pub(super) const GATES: usize = 4;
const FORGET_GATE: usize = 2;
/// Sequences are worked on in so many groups for each direction.
const GROUPS: usize = 2;

/// One layer. Weights are kept as the ONNX operator wants them.
#[derive(Debug, Clone)]
pub(in crate::network) struct Recurrence {
    pub(in crate::network) name: String,
    pub(in crate::network) inputs: usize,
    pub(in crate::network) hidden: usize,
    pub(in crate::network) context: Context,
}

/// What the backward call needs to know.
#[derive(Debug)]
pub(in crate::network) struct RecurrenceTrace {
    input: Signal,
    runs: Vec<Run>,
}

/// Some sequences in one direction, step by step.
#[derive(Debug)]
struct Run {
    direction: usize,
    /// Rows of the gates, by moment: the steps that are worked on together, longest sequence first.
    moments: Vec<Vec<usize>>,
    /// First step of the run's sequences, counted over all sequences.
    start: usize,
    /// Open gates and candidate by step: `[step, gate * hidden]`.
    gates: Vec<f32>,
    /// Cell by step: `[step, hidden]`.
    cells: Vec<f32>,
    /// Output by step: `[step, hidden]`.
    hidden: Vec<f32>,
}

/// Slopes by the weights of one direction and by its input.
struct Slopes {
    input_weight: Vec<f32>,
    state_weight: Vec<f32>,
    bias: Vec<f32>,
    input: Vec<f32>,
}

impl Recurrence {
    /// Forget gates start open (Jozefowicz, Zaremba and Sutskever 2015).
    pub(in crate::network) fn declare(&self, parameters: &mut Parameters, random: &mut Random) {
        let rows = GATES * self.hidden;
        let directions = self.directions();
        let deviation = |inputs: usize| (1.0 / inputs as f32).sqrt();
        let shape = [directions, rows, self.inputs];
        parameters.draw(format!("{}.input", self.name), &shape, deviation(self.inputs), random);
        let shape = [directions, rows, self.hidden];
        parameters.draw(format!("{}.state", self.name), &shape, deviation(self.hidden), random);
        let bias = format!("{}.bias", self.name);
        parameters.fill(bias.as_str(), &[directions, rows], Role::Vector, 0.0);
        for direction in parameters.get_mut(&bias).values.chunks_exact_mut(rows) {
            direction[FORGET_GATE * self.hidden..][..self.hidden].fill(1.0);
        }
    }

    /// Values per step that come out: those of the forward direction first.
    pub(in crate::network) fn outputs(&self) -> usize {
        self.directions() * self.hidden
    }

    /// Multiplications and additions per step.
    pub(in crate::network) fn macs(&self) -> usize {
        self.directions() * GATES * self.hidden * (self.inputs + self.hidden)
    }

    pub(super) fn directions(&self) -> usize {
        if self.context == Context::Full { 2 } else { 1 }
    }

    pub(in crate::network) fn forward(&self, pass: &Pass<'_>, input: Signal) -> (Signal, RecurrenceTrace) {
        let weights = |direction| self.weights(pass.parameters, direction);
        let tasks = self.tasks(&input);
        let runs =
            each(tasks, |(direction, sequences)| self.run(&input, sequences, direction, weights(direction)));
        let mut output = Signal::zeros(input.steps.clone(), 1, self.outputs());
        for run in &runs {
            let rows = output.values[run.start * self.outputs()..].chunks_exact_mut(self.outputs());
            for (row, hidden) in rows.zip(run.hidden.chunks_exact(self.hidden)) {
                row[run.direction * self.hidden..][..self.hidden].copy_from_slice(hidden);
            }
        }
        (output, RecurrenceTrace { input, runs })
    }

    pub(in crate::network) fn backward(
        &self,
        parameters: &Parameters,
        trace: RecurrenceTrace,
        slope: &Signal,
        gradients: &mut Gradients,
    ) -> Signal {
        let input = &trace.input;
        let mut result = Signal::zeros(input.steps.clone(), 1, self.inputs);
        let slopes = each(trace.runs, |run| {
            let weights = self.weights(parameters, run.direction);
            (run.direction, run.start, self.run_back(input, slope, run, weights))
        });
        let mut by_direction: Vec<[Vec<Vec<f32>>; 3]> = vec![Default::default(); self.directions()];
        for (direction, start, slopes) in slopes {
            let target = &mut result.values[start * self.inputs..][..slopes.input.len()];
            target.iter_mut().zip(&slopes.input).for_each(|(total, value)| *total += value);
            let [input_weight, state_weight, bias] = &mut by_direction[direction];
            input_weight.push(slopes.input_weight);
            state_weight.push(slopes.state_weight);
            bias.push(slopes.bias);
        }
        let mut totals = [Vec::new(), Vec::new(), Vec::new()];
        for parts in by_direction {
            totals.iter_mut().zip(parts).for_each(|(total, parts)| total.extend(sum(parts)));
        }
        for (part, total) in ["input", "state", "bias"].into_iter().zip(totals) {
            gradients.add(&self.name, part, total);
        }
        result
    }

    fn tasks(&self, input: &Signal) -> Vec<(usize, Range<usize>)> {
        let count = input.steps.len();
        let size = count.div_ceil(GROUPS);
        let groups = (0..count).step_by(size).map(|start| start..(start + size).min(count));
        groups.flat_map(|group| (0..self.directions()).map(move |way| (way, group.clone()))).collect()
    }

    /// Weights by the input, weights by the state, bias.
    fn weights<'p>(&self, parameters: &'p Parameters, direction: usize) -> [&'p [f32]; 3] {
        let rows = GATES * self.hidden;
        [("input", rows * self.inputs), ("state", rows * self.hidden), ("bias", rows)].map(
            |(part, length)| {
                &parameters.get(&format!("{}.{part}", self.name)).values[direction * length..][..length]
            },
        )
    }

    fn run(
        &self,
        input: &Signal,
        sequences: Range<usize>,
        direction: usize,
        [input_weight, state_weight, bias]: [&[f32]; 3],
    ) -> Run {
        let rows = GATES * self.hidden;
        let start: usize = input.steps[..sequences.start].iter().sum();
        let steps: usize = input.steps[sequences.clone()].iter().sum();
        let mut gates: Vec<f32> = bias.iter().copied().cycle().take(steps * rows).collect();
        let values = &input.values[start * self.inputs..(start + steps) * self.inputs];
        let weight = Matrix::new(input_weight, self.inputs).turned();
        multiply(&mut gates, Accum::Add, Matrix::new(values, self.inputs), weight);
        let moments = moments(&input.steps[sequences.clone()], direction);
        let (mut cells, mut hidden) = (vec![0.0; steps * self.hidden], vec![0.0; steps * self.hidden]);
        let state_weight = Matrix::new(state_weight, self.hidden).turned();
        let (mut before, mut sums) = (Vec::new(), Vec::new());
        for (index, moment) in moments.iter().enumerate() {
            let earlier = index.checked_sub(1).map(|earlier| &moments[earlier]);
            if let Some(earlier) = earlier {
                gather(&hidden, self.hidden, &earlier[..moment.len()], &mut before);
                sums.resize(moment.len() * rows, 0.0);
                multiply(&mut sums, Accum::Replace, Matrix::new(&before, self.hidden), state_weight);
            }
            for (place, &row) in moment.iter().enumerate() {
                let gates = &mut gates[row * rows..(row + 1) * rows];
                if let Some(earlier) = earlier {
                    let from = earlier[place] * self.hidden;
                    let sums = &sums[place * rows..(place + 1) * rows];
                    gates.iter_mut().zip(sums).for_each(|(gate, sum)| *gate += sum);
                    cells.copy_within(from..from + self.hidden, row * self.hidden);
                }
                let own = row * self.hidden..(row + 1) * self.hidden;
                vectorised(|| open(gates, &mut cells[own.clone()], &mut hidden[own]));
            }
        }
        Run { direction, moments, start, gates, cells, hidden }
    }

    fn run_back(&self, input: &Signal, slope: &Signal, mut run: Run, weights: [&[f32]; 3]) -> Slopes {
        let rows = GATES * self.hidden;
        let state_weight = Matrix::new(weights[1], self.hidden);
        let (mut carried, mut gathered) = (Vec::new(), Vec::new());
        let mut cells: Vec<f32> = Vec::new();
        let nothing = vec![0.0; self.hidden];
        for index in (0..run.moments.len()).rev() {
            let moment = run.moments[index].clone();
            carried.resize(moment.len() * self.hidden, 0.0);
            cells.resize(moment.len() * self.hidden, 0.0);
            for (place, &row) in moment.iter().enumerate() {
                let outer = (run.start + row) * self.outputs() + run.direction * self.hidden;
                let outer = &slope.values[outer..outer + self.hidden];
                let place = place * self.hidden..(place + 1) * self.hidden;
                let own = carried[place.clone()].iter_mut();
                own.zip(outer).for_each(|(carried, outer)| *carried += outer);
                let earlier = index.checked_sub(1).map(|index| run.moments[index][place.start / self.hidden]);
                let before = earlier.map_or(&*nothing, |earlier| {
                    &run.cells[earlier * self.hidden..(earlier + 1) * self.hidden]
                });
                let after = &run.cells[row * self.hidden..(row + 1) * self.hidden];
                let gates = &mut run.gates[row * rows..(row + 1) * rows];
                let slopes = (&carried[place.clone()], &mut cells[place]);
                vectorised(|| open_back(gates, [before, after], slopes));
            }
            gather(&run.gates, rows, &moment, &mut gathered);
            multiply(&mut carried, Accum::Replace, Matrix::new(&gathered, rows), state_weight);
        }
        self.slopes(input, &run, weights[0])
    }

    /// From the slopes by the gates to everything else.
    fn slopes(&self, input: &Signal, run: &Run, input_weight: &[f32]) -> Slopes {
        let rows = GATES * self.hidden;
        let steps = run.gates.len() / rows;
        let gates = Matrix::new(&run.gates, rows);
        let values = &input.values[run.start * self.inputs..(run.start + steps) * self.inputs];
        let mut before = vec![0.0; steps * self.hidden];
        for pair in run.moments.windows(2) {
            for (&row, &earlier) in pair[1].iter().zip(&pair[0]) {
                let target = row * self.hidden..(row + 1) * self.hidden;
                before[target].copy_from_slice(&run.hidden[earlier * self.hidden..][..self.hidden]);
            }
        }
        let mut slopes = Slopes {
            input_weight: vec![0.0; rows * self.inputs],
            state_weight: vec![0.0; rows * self.hidden],
            bias: vec![0.0; rows],
            input: vec![0.0; steps * self.inputs],
        };
        let turned = gates.turned();
        multiply(&mut slopes.input_weight, Accum::Replace, turned, Matrix::new(values, self.inputs));
        multiply(&mut slopes.state_weight, Accum::Replace, turned, Matrix::new(&before, self.hidden));
        multiply(&mut slopes.input, Accum::Replace, gates, Matrix::new(input_weight, self.inputs));
        for row in run.gates.chunks_exact(rows) {
            slopes.bias.iter_mut().zip(row).for_each(|(total, value)| *total += value);
        }
        slopes
    }
}

/// One step: `cell` is the one before and becomes the one after.
#[inline(always)]
fn open(gates: &mut [f32], cell: &mut [f32], hidden: &mut [f32]) {
    let width = cell.len();
    let (open, candidate) = gates.split_at_mut(3 * width);
    open.iter_mut().for_each(|gate| *gate = sigmoid(*gate));
    candidate.iter_mut().for_each(|value| *value = tanh(*value));
    let (input, rest) = open.split_at(width);
    let (output, forget) = rest.split_at(width);
    let gates = input.iter().zip(output).zip(forget).zip(&*candidate);
    for ((cell, hidden), (((input, output), forget), candidate)) in cell.iter_mut().zip(hidden).zip(gates) {
        *cell = forget * *cell + input * candidate;
        *hidden = output * tanh(*cell);
    }
}

/// Turns the gates of a step into their slopes. `by_cell` holds the slope by the cell after it, and then by the
/// cell before it.
#[inline(always)]
fn open_back(gates: &mut [f32], [before, after]: [&[f32]; 2], (by_hidden, by_cell): (&[f32], &mut [f32])) {
    let width = before.len();
    let (input, rest) = gates.split_at_mut(width);
    let (output, rest) = rest.split_at_mut(width);
    let (forget, candidate) = rest.split_at_mut(width);
    let gates = input.iter_mut().zip(output).zip(forget).zip(candidate);
    let cells = before.iter().zip(after);
    let slopes = by_hidden.iter().zip(by_cell);
    for ((gates, (before, after)), (by_hidden, by_cell)) in gates.zip(cells).zip(slopes) {
        let (((input, output), forget), candidate) = gates;
        let bent = tanh(*after);
        let slope = *by_cell + by_hidden * *output * (1.0 - bent * bent);
        *by_cell = slope * *forget;
        let [open_input, open_output, open_forget] = [*input, *output, *forget];
        *input = slope * *candidate * open_input * (1.0 - open_input);
        *output = by_hidden * bent * open_output * (1.0 - open_output);
        *forget = slope * before * open_forget * (1.0 - open_forget);
        *candidate = slope * open_input * (1.0 - *candidate * *candidate);
    }
}

/// For every moment the steps that are worked on together, counted from the first sequence's first step;
/// longer sequences come first, so that those still running are always the first ones. The second direction
/// starts at each sequence's own end.
fn moments(steps: &[usize], direction: usize) -> Vec<Vec<usize>> {
    let mut start = 0;
    let mut sequences: Vec<(usize, usize)> = Vec::new();
    for &length in steps {
        sequences.push((start, length));
        start += length;
    }
    sequences.sort_by_key(|&(_, length)| std::cmp::Reverse(length));
    let longest = sequences.first().map_or(0, |&(_, length)| length);
    let moment = |time: usize| {
        let running = sequences.iter().take_while(|&&(_, length)| length > time);
        let row =
            |&(start, length): &(usize, usize)| start + if direction == 0 { time } else { length - 1 - time };
        running.map(row).collect()
    };
    (0..longest).map(moment).collect()
}

/// Copies `rows` of `width` values one behind another.
fn gather(values: &[f32], width: usize, rows: &[usize], gathered: &mut Vec<f32>) {
    gathered.clear();
    rows.iter().for_each(|row| gathered.extend_from_slice(&values[row * width..(row + 1) * width]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_that_ended_drop_out_and_the_second_direction_starts_at_their_ends() {
        assert_eq!(moments(&[1, 3, 2], 0), [vec![1, 4, 0], vec![2, 5], vec![3]]);
        assert_eq!(moments(&[1, 3, 2], 1), [vec![3, 5, 0], vec![2, 4], vec![1]]);
    }
}
