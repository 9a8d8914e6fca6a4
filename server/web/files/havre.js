"use strict";

// Show the OpenAPI description. Nothing can be sent from here: a request must be signed, and this page holds no key.
// So what would only serve sending is taken out of the page: buttons to authorize, and fields to fill in.
const nothing = () => () => null;
const readOnly = () => ({
  wrapComponents: {
    AuthorizeBtnContainer: nothing,
    authorizeBtn: nothing,
    authorizeOperationBtn: nothing,
    JsonSchemaForm: nothing,
  },
});

window.addEventListener("DOMContentLoaded", () => {
  if (typeof SwaggerUIBundle === "undefined") {
    return; // the node does not serve it; the page says where the description is
  }
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#api",
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [readOnly],
    layout: "BaseLayout",
    supportedSubmitMethods: [],
    tryItOutEnabled: false,
    persistAuthorization: false,
    queryConfigEnabled: false,
    validatorUrl: null,
    syntaxHighlight: false,
    deepLinking: false, // its links would lie within buttons
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
  });
});
