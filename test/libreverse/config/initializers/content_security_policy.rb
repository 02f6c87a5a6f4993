# frozen_string_literal: true

# Nothing inline, nothing from elsewhere.
Rails.application.config.content_security_policy do |policy|
  policy.default_src :none
  policy.script_src :self
  policy.style_src :self
  policy.img_src :self
  policy.connect_src :self
  policy.form_action :self
  policy.base_uri :none
  policy.frame_ancestors :none
end
