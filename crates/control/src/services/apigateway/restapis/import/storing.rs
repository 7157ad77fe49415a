//! Stores what a document defines, in place of what there was or merged into it. Every part goes
//! through the rules of the operation that makes it alone.

use std::collections::{HashMap, HashSet};

use api::apigateway::{Method, PutMode, Resource};
use base::ids;
use documents::apigateway::{
    AuthorizerDocument, GatewayResponseDocument, ModelDocument, RequestValidatorDocument, ResourceDocument,
    within,
};
use openapi::Definition;
use store::Key;

use super::super::documentation;
use super::super::resource_tree::{Tree, check_path_part};
use super::super::{
    authorizers, gateway_responses, integration_responses, integration_rules, integrations, method_responses,
    methods, models, references, request_validators, resources,
};
use super::errors;
use crate::{Call, Failure, Outcome};

/// Stores everything but the API's own settings; answers what was left out of the documentation.
///
/// # Errors
/// All rules that are broken, together; a limit that is reached, alone.
pub(super) fn store(
    call: &mut Call<'_, '_>,
    api: &str,
    definition: Definition,
    mode: PutMode,
    with_documentation: bool,
) -> Outcome<Vec<String>> {
    let mut storing = Storing {
        call,
        api,
        overwrite: mode == PutMode::Overwrite,
        validators: HashMap::new(),
        authorizers: HashMap::new(),
        faults: Vec::new(),
    };
    storing.models(definition.models)?;
    storing.validators(definition.request_validators)?;
    storing.authorizers(definition.authorizers)?;
    storing.gateway_responses(definition.gateway_responses)?;
    storing.resources(definition.resources)?;
    if !storing.faults.is_empty() {
        return Err(errors(&storing.faults.join("\n\t")));
    }
    if !with_documentation {
        return Ok(Vec::new());
    }
    let (parts, warnings) = documentation::import::located(definition.documentation_parts);
    documentation::import::put_all(call, api, parts, mode)?;
    Ok(warnings)
}

struct Storing<'s, 'c, 't> {
    call: &'s mut Call<'c, 't>,
    api: &'s str,
    overwrite: bool,
    /// Ids by names: methods of documents name validators and authorizers.
    validators: HashMap<String, String>,
    authorizers: HashMap<String, String>,
    faults: Vec<String>,
}

impl Storing<'_, '_, '_> {
    /// Keeps the refusal of a rule for later, with what could not be done.
    fn checked<T>(&mut self, outcome: Outcome<T>, frame: impl FnOnce() -> String) -> Outcome<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(Failure::Service(error)) if error.status(Some(&api::apigateway::SERVICE)) != 429 => {
                self.faults.push(format!("{}: {}", frame(), error.message().unwrap_or_default()));
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Models keep their ids by their names.
    fn models(&mut self, given: Vec<api::apigateway::Model>) -> Outcome<()> {
        let known: HashMap<_, _> =
            models::all(self.call, self.api)?.into_iter().map(|model| (model.name, model.id)).collect();
        if self.overwrite {
            self.call.tx.delete_prefix::<ModelDocument>(&self.call.context.scope, &Key::new([self.api]))?;
        }
        let mut stored = Vec::new();
        for mut model in given {
            let name = model.name.clone().unwrap_or_default();
            let id = known.get(&model.name).cloned().flatten();
            model.id = Some(id.unwrap_or_else(|| ids::part_id(&self.call.plane.random)));
            let checked = models::checked(model);
            if let Some(model) = self.checked(checked, || model_frame(&name))? {
                models::put(self.call, self.api, model.clone())?;
                stored.push(model);
            }
        }
        // Now that all are there, for they refer to each other.
        for model in stored {
            let checked = models::check(self.call, self.api, &model);
            self.checked(checked, || model_frame(model.name.as_deref().unwrap_or_default()))?;
        }
        Ok(())
    }

    /// Validators keep their ids by their names.
    fn validators(&mut self, given: Vec<api::apigateway::RequestValidator>) -> Outcome<()> {
        for known in request_validators::all(self.call, self.api)? {
            let (name, id) = (known.name.unwrap_or_default(), known.id.unwrap_or_default());
            if self.overwrite && !given.iter().any(|validator| validator.name.as_ref() == Some(&name)) {
                let key = within(self.api, &id);
                self.call.tx.delete::<RequestValidatorDocument>(&self.call.context.scope, &key)?;
            } else {
                self.validators.insert(name, id);
            }
        }
        for mut validator in given {
            let name = validator.name.clone().unwrap_or_default();
            let id = self.validators.get(&name).cloned();
            let id = id.unwrap_or_else(|| ids::part_id(&self.call.plane.random));
            validator.id = Some(id.clone());
            let checked = request_validators::checked(validator);
            if let Some(validator) =
                self.checked(checked, || format!("Unable to create request validator '{name}'"))?
            {
                request_validators::put(self.call, self.api, validator)?;
                self.validators.insert(name, id);
            }
        }
        request_validators::check_room(request_validators::all(self.call, self.api)?.len())
    }

    /// Authorizers keep their ids by their names.
    fn authorizers(&mut self, given: Vec<api::apigateway::Authorizer>) -> Outcome<()> {
        for known in authorizers::all(self.call, self.api)? {
            let (name, id) = (known.name.unwrap_or_default(), known.id.unwrap_or_default());
            if self.overwrite && !given.iter().any(|authorizer| authorizer.name.as_ref() == Some(&name)) {
                let key = within(self.api, &id);
                self.call.tx.delete::<AuthorizerDocument>(&self.call.context.scope, &key)?;
            } else {
                self.authorizers.insert(name, id);
            }
        }
        for mut authorizer in given {
            let name = authorizer.name.clone().unwrap_or_default();
            let id = self.authorizers.get(&name).cloned();
            let id = id.unwrap_or_else(|| ids::part_id(&self.call.plane.random));
            authorizer.id = Some(id.clone());
            let checked = authorizers::checked(authorizer, self.call.context.scope.account());
            if let Some(authorizer) =
                self.checked(checked, || format!("Unable to create authorizer '{name}'"))?
            {
                authorizers::put(self.call, self.api, authorizer)?;
                self.authorizers.insert(name, id);
            }
        }
        authorizers::check_room(authorizers::all(self.call, self.api)?.len())
    }

    fn gateway_responses(&mut self, given: Vec<api::apigateway::GatewayResponse>) -> Outcome<()> {
        if self.overwrite {
            let scope = &self.call.context.scope;
            self.call.tx.delete_prefix::<GatewayResponseDocument>(scope, &Key::new([self.api]))?;
        }
        for response in given {
            let kind = response.response_type;
            let checked = gateway_responses::check(&response);
            let frame = || {
                let kind = kind.map(|kind| kind.to_string()).unwrap_or_default();
                format!("Unable to put gateway response '{kind}'")
            };
            if self.checked(checked, frame)?.is_some() {
                gateway_responses::put(self.call, self.api, response)?;
            }
        }
        Ok(())
    }

    /// Resources keep their ids by their paths (recorded from AWS).
    fn resources(&mut self, given: Vec<Resource>) -> Outcome<()> {
        let mut tree = resources::all(self.call, self.api)?;
        if self.overwrite {
            self.clear(&mut tree, &given)?;
        }
        for resource in given {
            let path = resource.path.unwrap_or_default();
            let known = tree.iter().position(|known| known.path.as_ref() == Some(&path));
            let at = match known {
                Some(at) => at,
                None => match self.grow(&tree, &path, resource.path_part.unwrap_or_default())? {
                    Some(new) => {
                        tree.push(new);
                        tree.len() - 1
                    }
                    None => continue,
                },
            };
            resources::check_room(tree.len())?;
            let Some(place) = tree.get_mut(at) else { continue };
            let id = place.id.clone().unwrap_or_default();
            for (verb, method) in resource.resource_methods.into_iter().flatten() {
                if let Some(method) = self.method(&path, &id, &verb, method)? {
                    place.resource_methods.get_or_insert_default().insert(verb, method);
                }
            }
            resources::put(self.call, self.api, place.clone())?;
        }
        Ok(())
    }

    /// Leaves the resources that are in `given`, without methods.
    fn clear(&mut self, tree: &mut Vec<Resource>, given: &[Resource]) -> Outcome<()> {
        let paths: HashSet<_> = given.iter().filter_map(|resource| resource.path.as_deref()).collect();
        let mut gone = Vec::new();
        tree.retain_mut(|known| {
            known.resource_methods = None;
            let stays =
                known.parent_id.is_none() || known.path.as_deref().is_some_and(|path| paths.contains(path));
            if !stays {
                gone.extend(known.id.take());
            }
            stays
        });
        for id in gone {
            self.call.tx.delete::<ResourceDocument>(&self.call.context.scope, &within(self.api, &id))?;
        }
        Ok(())
    }

    /// A new resource, if its parent is there.
    fn grow(&mut self, tree: &[Resource], path: &str, part: String) -> Outcome<Option<Resource>> {
        let above = path.strip_suffix(&part).unwrap_or_default();
        let above = if above == "/" { above } else { above.trim_end_matches('/') };
        let Some(parent) = tree.iter().find(|known| known.path.as_deref() == Some(above)) else {
            // It could not be made, which has been said.
            return Ok(None);
        };
        let placed = check_path_part(&part).and_then(|()| Tree(tree).check_place(parent, &part, None));
        // As users of AWS report it.
        let placed = self.checked(placed, || format!("Unable to create resource at path '{path}'"))?;
        Ok(placed.map(|()| Resource {
            id: Some(ids::part_id(&self.call.plane.random)),
            parent_id: parent.id.clone(),
            path: Some(path.to_owned()),
            path_part: Some(part),
            resource_methods: None,
        }))
    }

    /// A method with all below it. The frames are as users of AWS report them, but for that of
    /// method responses.
    fn method(
        &mut self,
        path: &str,
        resource: &str,
        verb: &str,
        mut given: Method,
    ) -> Outcome<Option<Method>> {
        let integration = given.method_integration.take();
        let responses = given.method_responses.take();
        let id = |ids: &HashMap<String, String>, name: String| ids.get(&name).cloned().unwrap_or(name);
        given.authorizer_id = given.authorizer_id.map(|name| id(&self.authorizers, name));
        given.request_validator_id = given.request_validator_id.map(|name| id(&self.validators, name));
        let checked = methods::checked(given)
            .and_then(|method| references::check_method(self.call, self.api, &method).map(|()| method));
        let frame = || format!("Unable to put method '{verb}' on resource at path '{path}'");
        let Some(mut method) = self.checked(checked, frame)? else { return Ok(None) };
        let on = format!("on '{verb}' for resource at path '{path}'");
        for (status, response) in responses.iter().flatten() {
            let checked = method_responses::check(response).and_then(|()| {
                references::check_models(self.call, self.api, response.response_models.as_ref())
            });
            self.checked(checked, || format!("Unable to put method response '{status}' {on}"))?;
        }
        method.method_responses = responses;
        let Some(mut integration) = integration else { return Ok(Some(method)) };
        let replies = integration.integration_responses.take();
        let account = self.call.context.scope.account();
        let checked = integrations::checked(integration, resource, account).and_then(|integration| {
            integration_rules::check_against_method(&integration, &method).map(|()| integration)
        });
        let checked = self.checked(checked, || format!("Unable to put integration {on}"))?;
        let Some(mut integration) = checked else { return Ok(None) };
        for (status, reply) in replies.into_iter().flatten() {
            let checked = integration_responses::as_stored(reply)
                .and_then(|reply| integration_responses::check(&reply, &method).map(|()| reply));
            let checked = self.checked(checked, || format!("Unable to put integration response {on}"))?;
            if let Some(reply) = checked {
                integration.integration_responses.get_or_insert_default().insert(status, reply);
            }
        }
        method.method_integration = Some(integration);
        Ok(Some(method))
    }
}

/// Worded like its siblings; not recorded.
fn model_frame(name: &str) -> String {
    format!("Unable to create model '{name}'")
}
