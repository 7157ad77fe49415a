//! Rendering: a machine that walks a compiled template.

mod blocks;
mod expressions;
mod frames;
mod references;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::ast::{Macro, Node};
use crate::host::Payload;
use crate::limits::{BYTES_A_UNIT, DEPTH, FOREACH_ITERATIONS, WORK};
use crate::value::{Heap, Key, Loop, MapId, MapKind, Value};
use crate::{Overrides, RenderError, Scene};
use frames::Frame;
pub(crate) use references::out_of_bounds;

/// Whose language it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A reference without a value prints nothing and equals `""`, and can be set (recorded
    /// from AWS for what `$input` and `$stageVariables` lack); there are hosts.
    ApiGateway,
    /// As Apache Velocity: it prints itself. Only for what Velocity itself has rendered.
    Velocity,
}

/// Why a statement is the last.
#[derive(Debug)]
pub(crate) enum Halt {
    /// It failed.
    Error(RenderError),
    /// `#stop`
    Stop,
    /// `#break`: of the innermost block, or of this loop.
    Break(Option<usize>),
}

impl From<RenderError> for Halt {
    fn from(error: RenderError) -> Self {
        Self::Error(error)
    }
}

pub(crate) type Run<T> = Result<T, Halt>;

pub(crate) struct Machine<'a> {
    pub(crate) scene: &'a dyn Scene,
    pub(crate) dialect: Dialect,
    pub(crate) heap: Heap,
    /// Variables, and those of the macros that run.
    frames: Vec<Frame>,
    /// The frame in which names are looked up.
    current: usize,
    macros: &'a HashMap<Arc<str>, Arc<Macro>>,
    /// Those that `#evaluate` defined.
    more_macros: HashMap<Arc<str>, Arc<Macro>>,
    macro_depth: usize,
    pub(crate) out: &'a mut String,
    pub(crate) limit: usize,
    work: u64,
    depth: usize,
    /// `$input.body`, once it was needed.
    pub(crate) body: Option<Arc<str>>,
    /// The payload, once it was needed as JSON.
    pub(crate) document: Option<Arc<Payload>>,
    pub(crate) overrides: &'a Overrides,
    /// `$context`, once it was needed as a map.
    pub(crate) context: Option<MapId>,
    /// `$stageVariables`, likewise.
    pub(crate) stage_variables: Option<MapId>,
    /// What this template has overridden so far.
    pub(crate) overridden: HashSet<(MapId, Key)>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(
        scene: &'a dyn Scene,
        dialect: Dialect,
        macros: &'a HashMap<Arc<str>, Arc<Macro>>,
        overrides: &'a Overrides,
        limit: usize,
        out: &'a mut String,
    ) -> Self {
        Self {
            scene,
            dialect,
            heap: Heap::default(),
            frames: vec![Frame::variables()],
            current: 0,
            macros,
            more_macros: HashMap::new(),
            macro_depth: 0,
            out,
            limit,
            work: WORK,
            depth: 0,
            body: None,
            document: None,
            overrides,
            context: None,
            stage_variables: None,
            overridden: HashSet::new(),
        }
    }

    /// Renders a whole template.
    pub(crate) fn run(&mut self, body: &[Node]) -> Result<(), RenderError> {
        match self.block(body) {
            Ok(()) | Err(Halt::Stop | Halt::Break(_)) => self.fits(),
            Err(Halt::Error(error)) => Err(error),
        }
    }

    fn block(&mut self, nodes: &[Node]) -> Run<()> {
        self.deeper(|machine| nodes.iter().try_for_each(|node| machine.node(node)))
    }

    fn node(&mut self, node: &Node) -> Run<()> {
        self.charge(1)?;
        match node {
            Node::Text(text) => {
                self.out.push_str(text);
                Ok(self.fits()?)
            }
            Node::Reference(reference) => self.print_reference(reference),
            Node::Set(set) => {
                let value = self.value(&set.value)?;
                if value.is_null() && self.dialect == Dialect::Velocity {
                    return Ok(());
                }
                if set.target.steps.is_empty() {
                    self.put(&set.variable, value);
                    return Ok(());
                }
                self.assign(&set.target, value)
            }
            Node::If(conditional) => {
                for (condition, body) in &conditional.branches {
                    if self.holds(condition)? {
                        return self.block(body);
                    }
                }
                conditional.otherwise.as_ref().map_or(Ok(()), |body| self.block(body))
            }
            Node::Foreach(foreach) => self.foreach(foreach),
            Node::Define(define) => {
                let block = self.new_block(define.body.clone(), crate::limits::DEFINE_DEPTH);
                self.put(&define.name, block);
                Ok(())
            }
            Node::Call(call) => self.call(call),
            Node::Evaluate(text) => self.evaluate(text),
            Node::Break(None) => Err(Halt::Break(None)),
            Node::Break(Some(target)) => match self.value(target)? {
                Value::Loop(running) => Err(Halt::Break(Some(running))),
                _ => Err(RenderError::Break.into()),
            },
            Node::Stop => Err(Halt::Stop),
        }
    }

    fn foreach(&mut self, foreach: &crate::ast::Foreach) -> Run<()> {
        let source = self.value(&foreach.elements)?;
        let Some(elements) = self.elements(&source) else { return Ok(()) };
        self.charge(elements.len())?;
        let total = elements.len();
        let saved: Vec<_> = [&*foreach.variable, "velocityCount", "velocityHasNext"]
            .into_iter()
            .map(|name| Ok((name, self.get(name)?)))
            .collect::<Run<_>>()?;
        let around = self.get("foreach")?;
        let parent = if let Value::Loop(parent) = around { Some(parent) } else { None };
        let storage = self.heap.new_map(MapKind::Plain);
        let running = self.heap.loops.len();
        self.heap.loops.push(Loop { index: 0, has_next: false, parent, storage });
        self.put("foreach", Value::Loop(running));
        let mut result = Ok(());
        for (index, element) in elements.into_iter().take(FOREACH_ITERATIONS).enumerate() {
            let has_next = index + 1 < total;
            if let Some(state) = self.heap.loops.get_mut(running) {
                (state.index, state.has_next) = (index, has_next);
            }
            self.put("velocityCount", Value::count(index + 1));
            self.put("velocityHasNext", Value::Boolean(has_next));
            let null = element.is_null();
            self.put(&foreach.variable, element);
            result = if null {
                self.without(&foreach.variable, |machine| machine.block(&foreach.body))
            } else {
                self.block(&foreach.body)
            };
            if result.is_err() {
                break;
            }
        }
        for (name, value) in saved {
            if value.is_null() {
                self.remove(name);
            } else {
                self.put(name, value);
            }
        }
        if let Value::Loop(present) = self.get("foreach")? {
            let outer = self.heap.loops.get(present).and_then(|state| state.parent);
            match (outer, around) {
                (Some(outer), _) => self.put("foreach", Value::Loop(outer)),
                (None, Value::Null | Value::Loop(_)) => self.remove("foreach"),
                (None, replaced) => self.put("foreach", replaced),
            }
        }
        match result {
            Err(Halt::Break(target)) if target.is_none_or(|target| target == running) => Ok(()),
            result => result,
        }
    }

    /// What a loop over `value` runs through; `None` if that is nothing to run through.
    pub(crate) fn elements(&self, value: &Value) -> Option<Vec<Value>> {
        match value {
            Value::List(id) => Some(self.heap.list(*id).elements.clone()),
            Value::Map(id) => Some(self.heap.map(*id).entries.values().cloned().collect()),
            _ => None,
        }
    }

    /// Runs `inner` one level deeper.
    pub(crate) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        if self.depth >= DEPTH {
            return Err(RenderError::TooDeep { limit: DEPTH }.into());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Takes `units` off what this rendering may still do.
    pub(crate) fn charge(&mut self, units: usize) -> Result<(), RenderError> {
        let units = u64::try_from(units).unwrap_or(u64::MAX);
        self.work = self.work.checked_sub(units).ok_or(RenderError::TooMuchWork)?;
        Ok(())
    }

    /// Takes off what making or searching so many bytes costs.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) -> Result<(), RenderError> {
        self.charge(bytes / BYTES_A_UNIT)
    }

    fn fits(&self) -> Result<(), RenderError> {
        if self.out.len() > self.limit {
            return Err(RenderError::OutputTooLong { limit: self.limit });
        }
        Ok(())
    }

    /// Appends what `value` prints to the output.
    pub(crate) fn print(&mut self, value: &Value) -> Result<(), RenderError> {
        match value {
            Value::Text(text) => self.out.push_str(text),
            other => self.heap.print(other, self.limit, self.out)?,
        }
        self.fits()
    }

    /// Runs `inner` with an output of its own.
    pub(crate) fn aside(&mut self, inner: impl FnOnce(&mut Self) -> Run<()>) -> Run<String> {
        let outer = std::mem::take(self.out);
        let result = inner(self);
        let text = std::mem::replace(self.out, outer);
        result?;
        self.charge_bytes(text.len())?;
        Ok(text)
    }
}
