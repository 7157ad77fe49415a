//! What API Gateway puts into a template's world: `$input`, `$context`, `$stageVariables`,
//! `$util` (API Gateway developer guide, "API Gateway mapping template and access logging
//! variable reference").

mod context;
mod input;
mod util;

pub(crate) use input::Payload;

use std::sync::Arc;

use crate::ast::Method;
use crate::render::{Machine, Run};
use crate::value::{Host, Key, MapId, MapKind, Value};

impl Machine<'_> {
    /// `$host.name`
    pub(crate) fn host_property(&mut self, host: Host, name: &str) -> Value {
        match host {
            Host::Input if name == "body" => self.body(),
            Host::StageVariables if self.stage_variables.is_none() => {
                self.scene.stage_variable(name).map_or(Value::Null, Value::text)
            }
            Host::Input | Host::Util => Value::Null,
            Host::Context | Host::StageVariables => match self.whole(host) {
                Value::Map(id) => self.heap.member(id, name),
                _ => Value::Null,
            },
        }
    }

    /// What stands for a host where it is used as a whole: a map.
    pub(crate) fn whole(&mut self, host: Host) -> Value {
        match host {
            Host::Context => Value::Map(self.context_map()),
            Host::StageVariables => Value::Map(self.stage_variable_map()),
            // Not recorded.
            Host::Input | Host::Util => Value::text(""),
        }
    }

    /// `$host.method(…)`
    pub(crate) fn host_method(
        &mut self,
        host: Host,
        method: &Method,
        arguments: &[Value],
    ) -> Run<Option<Value>> {
        match host {
            Host::Input => self.input_method(&method.name, arguments),
            Host::Util => self.util_method(&method.name, arguments),
            Host::Context | Host::StageVariables => {
                let map = self.whole(host);
                self.call_method(&map, method, arguments)
            }
        }
    }

    fn stage_variable_map(&mut self) -> MapId {
        if let Some(id) = self.stage_variables {
            return id;
        }
        let id = self.heap.new_map(MapKind::Plain);
        let entries = &mut self.heap.map_mut(id).entries;
        self.scene.each_stage_variable(&mut |name, value| {
            entries.insert(Key::name(name), Value::text(value));
        });
        self.stage_variables = Some(id);
        id
    }

    /// An argument's text. What is not there is the empty text: as everywhere in API
    /// Gateway's language.
    pub(crate) fn argument_text(&mut self, value: Option<&Value>) -> Run<Arc<str>> {
        match value {
            None | Some(Value::Null) => Ok("".into()),
            Some(value) => Ok(self.text_of(value)?.unwrap_or_default()),
        }
    }
}
